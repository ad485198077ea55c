import type { Description } from "./description.ts";
import { type Box, diagramOf } from "./diagram.ts";

/** How Graphviz draws each kind of box; asSvg gives the kinds their colours by their classes. */
const ATTRIBUTES: Readonly<Record<Box["kind"], string>> = {
  source: 'fillcolor="#dafbe1" class="source"',
  processor: 'fillcolor="#ffffff" class="processor"',
  sink: 'fillcolor="#ddf4ff" class="sink"',
  store: 'shape=cylinder style=filled fillcolor="#fbefff" class="store"',
  topic: 'shape=cylinder style=filled fillcolor="#fff8c5" class="topic"',
  "internal topic": 'shape=cylinder style="filled,dashed" fillcolor="#fff8c5" class="topic internal"',
  topics: 'shape=cylinder style=filled fillcolor="#fff8c5" class="topic pattern"',
  "chosen topic": 'shape=cylinder style="filled,dotted" fillcolor="#fff8c5" class="topic chosen"',
};

/** The topology in Graphviz' language: `dot -Tsvg`, `-Tpng`, `-Tpdf`. A cluster for each sub-topology. */
export function asDot(description: Description): string {
  const { frames, topics, arrows } = diagramOf(description);
  const clusters = frames.map(
    ({ title, boxes }) => `  subgraph ${quoted(`cluster ${title}`)} {
    label=${quoted(title)} labeljust=l margin=14 style="rounded,filled" color="#d0d7de" fillcolor="#f6f8fa"
${boxes.map((box) => `    ${boxText(box)}\n`).join("")}${inOneRow(boxes, "source")}${inOneRow(boxes, "sink")}  }\n`,
  );
  const edges = arrows.map(
    ({ from, to, kind }) =>
      `  ${quoted(from.title)} -> ${quoted(to.title)}${kind === "store" ? " [dir=none style=dashed]" : ""}\n`,
  );
  return `digraph topology {
  graph [bgcolor=transparent fontname="Helvetica,Arial,sans-serif" fontsize=12 nodesep=0.3 ranksep=0.4]
  node [shape=box margin="0.16,0.06" style="rounded,filled" color="#57606a" fontname="Helvetica,Arial,sans-serif" fontsize=12]
  edge [color="#57606a" arrowsize=0.7]
${topics.map((box) => `  ${boxText(box)}\n`).join("")}${clusters.join("")}${edges.join("")}}
`;
}

function boxText({ title, kind, lines }: Box): string {
  const label = lines.map((line) => quoted(line).slice(1, -1).replaceAll("&", "&amp;"));
  return `${quoted(title)} [label="${label.join("\\n")}" ${ATTRIBUTES[kind]}]`;
}

/** Sources at the top of their frame and sinks at its end, so that topics stand outside. */
function inOneRow(boxes: readonly Box[], kind: "source" | "sink"): string {
  const row = boxes.filter((box) => box.kind === kind).map(({ title }) => `${quoted(title)};`);
  return row.length < 2 ? "" : `    { rank=same; ${row.join(" ")} }\n`;
}

/** In a quoted text of DOT only these two have a meaning of their own. */
function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}
