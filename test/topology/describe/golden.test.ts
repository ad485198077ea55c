import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import type { KStream } from "../../../host/index.ts";
import { StreamsBuilder, string } from "../../../host/index.ts";
import { describe } from "../../../host/topology/describe/describe.ts";

const STRINGS = { key: string, value: string };
const yes = () => true;
const same = (value: string) => value;
const both = (key: string, value: string) => [key, value] as const;
const list = (value: string) => [value];
const nothing = () => {};
type Strings = KStream<string, string, "key" | "value">;

/** What Topologies.java beside the texts builds for Kafka Streams, built by our DSL. */
const TOPOLOGIES: Readonly<
  Record<string, (builder: StreamsBuilder, stream: (topic: string) => Strings) => void>
> = {
  chain: (_builder, stream) => stream("addresses").filter(yes).mapValues(same).to("addresses-qld", STRINGS),

  "two-sinks": (_builder, stream) => {
    const big = stream("orders").filter(yes);
    big.mapValues(same, { name: "count" }).to("counts", STRINGS);
    big.to("big");
  },

  wide: (_builder, stream) => {
    const all = stream("all");
    for (let width = 0; width < 6; width++) {
      let way: KStream<string, string> = all.filter(yes);
      for (let depth = 0; depth < width; depth++) way = way.mapValues(same);
      way.to(`out-${width}`, STRINGS);
    }
  },

  "every-operator": (_builder, stream) =>
    stream("lines")
      .filter(yes)
      .filterNot(yes)
      .map(both)
      .mapValues(same)
      .flatMap((key, value) => [both(key, value)])
      .flatMapValues(list)
      .selectKey((_key, value) => value)
      .peek(nothing)
      .forEach(nothing),

  named: (builder) =>
    builder
      .stream("in", { ...STRINGS, name: "reader" })
      .filter(yes, { name: "sieve" })
      .map(both)
      .to("out", { ...STRINGS, name: "writer" }),

  branches: (_builder, stream) => {
    const { small, middle, big } = stream("orders")
      .split({ name: "by-size-" })
      .branch("small", yes)
      .branch("middle", yes)
      .branch("big", yes)
      .defaultBranch("rest");
    small.mapValues(same).to("small", STRINGS);
    middle.to("middle");
    big.flatMapValues(list).peek(nothing).to("big", STRINGS);
  },

  "branches-generated": (_builder, stream) => {
    const { big, small } = stream("orders").split().branch("big", yes).branch("small", yes).noDefaultBranch();
    small.to("small");
    big.to("big");
  },

  merge: (_builder, stream) => {
    const left = stream("left");
    const right = stream("right").mapValues(same);
    right.merge(left).to("both", STRINGS);
    left.to("left-copy");
  },

  "merge-self": (_builder, stream) => {
    const all = stream("in");
    all.merge(all).to("out");
  },

  diamond: (_builder, stream) => {
    const all = stream("in");
    const once = all.mapValues(same);
    const twice = all.mapValues(same).mapValues(same);
    const thrice = all.filter(yes).peek(nothing);
    once.merge(twice, { name: "first" }).merge(thrice).merge(all).to("out", STRINGS);
    twice.to("twice", STRINGS);
  },

  "several-topics": (builder) => builder.stream([...TWELVE, "topic-7", "topic-8"], STRINGS).to("all"),

  "twelve-topics": (builder) => builder.stream(TWELVE, STRINGS).to("all"),

  pattern: (builder, stream) => {
    builder.stream(/metrics-[a-z/]+\.v\d/, STRINGS).to("metrics");
    stream("other").to("copy");
  },

  "topic-extractor": (_builder, stream) => {
    const topicOf = (_key: string, value: string) => value;
    stream("in").to(topicOf);
  },

  "two-sub-topologies": (builder, stream) => {
    const first = stream("zebras");
    stream("ants").filter(yes).to("ants-out");
    first.to("zebras-out");
    builder.stream("bees", { ...STRINGS, name: "a-reader" }).to("bees-out");
  },

  "source-twice": (_builder, stream) => {
    const first = stream("in").filter(yes);
    const second = stream("in").mapValues(same);
    first.to("first");
    second.merge(first).to("second", STRINGS);
  },

  "source-twice-merge": (_builder, stream) => {
    const first = stream("in");
    const other = stream("other");
    const second = stream("in");
    second.merge(other).to("both");
    second.merge(first).to("same");
    other.merge(second).peek(nothing).to("both-again");
  },

  repartition: (_builder, stream) =>
    stream("clicks")
      .selectKey((_key, value) => value)
      .repartition({ ...STRINGS, name: "by-user", partitions: 3 })
      .mapValues(same)
      .to("clicks-by-user", STRINGS),

  "repartition-twice": (_builder, stream) => {
    const clicks = stream("clicks");
    const byUser = clicks.repartition({ name: "by-user" });
    const byPage = byUser.selectKey((_key, value) => value).repartition({ ...STRINGS, name: "by-page" });
    byPage.merge(byUser).to("out");
    clicks.forEach(nothing);
  },

  "repartition-merge": (_builder, stream) => {
    const views = stream("views").repartition({ name: "views-by-user" });
    const clicks = stream("clicks").repartition({ name: "clicks-by-user" });
    views.merge(clicks).to("by-user");
    clicks.merge(stream("purchases")).to("by-user");
  },

  large: (_builder, stream) => {
    let joined: KStream<string, string> = stream("in-0");
    for (let part = 1; part < 7; part++) {
      const all = stream(`in-${part}`);
      const a = all.filter(yes).mapValues(same);
      const b = all.flatMapValues(list);
      joined = joined.merge(part % 2 === 0 ? a : b, { name: `joined-${part}` });
      if (part % 3 === 0) joined.to(`until-${part}`, STRINGS);
      b.peek(nothing, { name: `look.${part}` }).to(`out_${part}`, STRINGS);
    }
    joined.to("out", STRINGS);
  },
};

const TWELVE = [
  ...["orders", "returns", "complaints", "a", "b", "c"],
  ...["topic-1", "topic-2", "topic-3", "topic-4", "topic-5", "topic-6"],
];

const folder = join(import.meta.dirname, "../../golden/topologies");
const texts = readdirSync(folder).filter((file) => file.endsWith(".txt"));

test("each golden text has its topology here, and each topology its text", () => {
  assert.deepEqual(texts.map((file) => basename(file, ".txt")).sort(), Object.keys(TOPOLOGIES).sort());
});

for (const [name, build] of Object.entries(TOPOLOGIES)) {
  test(`describe() of ${name} is Kafka Streams' text to the letter`, async () => {
    const builder = new StreamsBuilder();
    build(builder, (topic) => builder.stream(topic, STRINGS));
    assert.equal(await describe(builder.build()), readFileSync(join(folder, `${name}.txt`), "utf8"));
  });
}
