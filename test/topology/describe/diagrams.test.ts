import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { StreamsBuilder, string } from "../../../host/index.ts";
import { describe } from "../../../host/topology/describe/describe.ts";
import type { Description } from "../../../host/topology/describe/description.ts";
import { asDot } from "../../../host/topology/describe/dot.ts";
import { asMermaid } from "../../../host/topology/describe/mermaid.ts";
import { asSvg } from "../../../host/topology/describe/svg.ts";

const STRINGS = { key: string, value: string };

/** Two sub-topologies with a repartition topic between them, a pattern, and a sink that chooses its topic. */
function clicks() {
  const builder = new StreamsBuilder();
  const byUser = builder
    .stream(["clicks", "views"], STRINGS)
    .selectKey((_key, value) => value)
    .repartition({ ...STRINGS, name: "by-user" });
  byUser.merge(builder.stream(/purchases-.*/, STRINGS), { name: "all" }).to("all-by-user");
  byUser.to(function topicOf(key) {
    return key;
  });
  return builder.build();
}

/** Drawn, looked at, and kept. */
const golden = (file: string) =>
  readFileSync(join(import.meta.dirname, "../../golden/topologies", file), "utf8");

test("a Mermaid flowchart: a subgraph for each sub-topology, topics as cylinders between them", async () => {
  assert.equal(await describe(clicks(), "mermaid"), golden("clicks.mmd"));
});

test("Graphviz' language: a cluster for each sub-topology", async () => {
  assert.equal(await describe(clicks(), "dot"), golden("clicks.dot"));
});

test("an SVG picture: titles for those who cannot see it, colours for light and dark", async () => {
  const svg = await describe(clicks(), "svg");
  assert.match(svg, /^<svg role="img" aria-labelledby="topology-title" width="\d+pt" height="\d+pt"/);
  assert.match(svg, /<title id="topology-title">Topology of 2 sub-topologies<\/title>/);
  assert.match(svg, /@media \(prefers-color-scheme: dark\)/);
  const titles = [...svg.matchAll(/<title>([^<]*)<\/title>/g)].map(([, title]) => unescaped(title!));
  assert.deepEqual(titles.filter((title) => !title.includes("->")).sort(), [
    "chosen topic topicOf",
    "cluster Sub-topology 0",
    "cluster Sub-topology 1",
    "internal topic by-user-repartition",
    "processor KSTREAM-KEY-SELECT-0000000001",
    "processor all",
    "processor by-user-repartition-filter",
    "sink KSTREAM-SINK-0000000007",
    "sink KSTREAM-SINK-0000000008",
    "sink by-user-repartition-sink",
    "source KSTREAM-SOURCE-0000000000",
    "source KSTREAM-SOURCE-0000000005",
    "source by-user-repartition-source",
    "topic all-by-user",
    "topic clicks",
    "topic views",
    "topics /purchases-.*/",
  ]);
  assert.equal(titles.filter((title) => title.includes("->")).length, 14);
});

/** Names that each of the languages could take for its own. */
const ODD = [
  ...[
    'say "hi"',
    "back\\slash",
    "ends\\",
    "<b>bold</b>",
    "&amp;",
    "a\nb",
    "]|{}>)",
    "`code`",
    "#quot;",
    "1. list",
    "- x",
    "end",
    "ü 漢",
  ],
];

function chainOf(names: readonly string[]): Description {
  const topic = (name: string) => ({ name, internal: false });
  const [first = "", ...rest] = names;
  return {
    subTopologies: [
      {
        id: 0,
        isGlobal: false,
        nodes: [
          { kind: "source", name: first, topics: names.map(topic) },
          ...rest.map((name, at) => ({
            ...{ kind: "processor" as const, name, method: "peek", stores: [`${name} store`] },
            parents: [names[at]!],
          })),
        ],
      },
    ],
  };
}

test("odd names come through Graphviz as they are", async () => {
  const texts = [...(await asSvg(chainOf(ODD))).matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) =>
    unescaped(text!),
  );
  for (const name of ODD) for (const line of name.split("\n")) assert.ok(texts.includes(line), line);
});

test("odd names are nothing but letters and character codes in Mermaid's labels", () => {
  const labels = [...asMermaid(chainOf(ODD)).matchAll(/"(.*)"/g)].map(([, label]) => label!);
  assert.equal(labels.length, 3 * ODD.length);
  for (const label of labels) assert.match(label, /^(?:[\p{L}\p{N} .,_-]|#\d+;|<br\/>)+$/u);
  assert.deepEqual(
    ODD.filter(
      (name) =>
        !labels.some(
          (label) => label.replace(/#(\d+);/g, (_all, code) => String.fromCodePoint(Number(code))) === name,
        ),
    ),
    [],
  );
});

test("a store stands beside its processor, without an arrow", () => {
  assert.match(asDot(chainOf(["a", "b"])), /"processor b" -> "store b store" \[dir=none style=dashed\]/);
});

test("a format that does not exist is refused with those that do", async () => {
  await assert.rejects(describe(clicks(), "pdf" as "svg"), {
    code: "CONFIG_INVALID",
    message: /the format of describe\(\) is pdf\. Choose one of text, mermaid, dot, svg/,
  });
});

function unescaped(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_all, code) => String.fromCodePoint(Number(code)))
    .replace(
      /&(lt|gt|quot|amp);/g,
      (_all, name: "lt" | "gt" | "quot" | "amp") => ({ lt: "<", gt: ">", quot: '"', amp: "&" })[name],
    );
}
