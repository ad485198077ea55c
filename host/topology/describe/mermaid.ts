import type { Description } from "./description.ts";
import { type Box, diagramOf } from "./diagram.ts";

/** Opening and closing of each kind of box. */
const SHAPES: Readonly<Record<Box["kind"], readonly [string, string]>> = {
  source: ["([", "])"],
  processor: ["[", "]"],
  sink: ["([", "])"],
  store: ["[(", ")]"],
  topic: ["[(", ")]"],
  "internal topic": ["[(", ")]"],
  topics: ["[(", ")]"],
  "chosen topic": ["[(", ")]"],
};

/** Dashes for what is not a topic of its own name; read in light and dark, since nothing is filled. */
const STYLED: ReadonlySet<Box["kind"]> = new Set(["internal topic", "chosen topic"]);

/** The topology as a Mermaid flowchart, which GitHub, GitLab and many editors draw. A subgraph for each sub-topology. */
export function asMermaid(description: Description): string {
  const { frames, topics, arrows } = diagramOf(description);
  const subgraphs = frames.map(
    ({ title, boxes }, index) =>
      `  subgraph s${index}["${escaped(title)}"]\n${boxes.map((box) => `    ${boxText(box)}\n`).join("")}  end\n`,
  );
  const links = arrows.map(
    ({ from, to, kind }) => `  ${from.id} ${kind === "store" ? "-.-" : "-->"} ${to.id}\n`,
  );
  const dashed = topics
    .filter(({ kind }) => STYLED.has(kind))
    .map(({ id }) => `  style ${id} stroke-dasharray: 5 5\n`);
  return `flowchart TB\n${topics.map((box) => `  ${boxText(box)}\n`).join("")}${subgraphs.join("")}${links.join("")}${dashed.join("")}`;
}

function boxText({ id, kind, lines }: Box): string {
  const [open, close] = SHAPES[kind];
  return `${id}${open}"${lines.map(escaped).join("<br/>")}"${close}`;
}

/** Whatever Mermaid, or Markdown in its labels, might take for its own, as a character code. */
function escaped(text: string): string {
  return text.replace(/^[^\p{L}]|[^\p{L}\p{N} .,_-]/gu, (character) => `#${character.codePointAt(0)};`);
}
