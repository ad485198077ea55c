import assert from "node:assert/strict";
import { test } from "node:test";
import type { Consumed } from "../../host/dsl/consumed.ts";
import type { Materialized } from "../../host/dsl/materialized.ts";
import { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import {
  logAndSkipOnInvalidTimestamp,
  usePartitionTimeOnInvalidTimestamp,
  wallclockTimestamp,
} from "../../host/dsl/timestamp-extractors.ts";
import { string } from "../../host/serdes/index.ts";
import { compile } from "../../host/topology/compile.ts";
import type { Processor } from "../../host/topology/processor.ts";
import type { Optimization } from "../../host/topology/source-changelogs.ts";

const TEXTS = { key: string, value: string };
const CHANGELOG = "app-rows-changelog";

interface Case {
  readonly consumed?: Partial<Consumed<string, string>>;
  readonly materialized?: Materialized<string, string>;
  readonly more?: (builder: StreamsBuilder) => void;
}

/** Of the table's store: [its changelog, the source that stands in for it]. */
function restoredFrom({ consumed, materialized, more }: Case, optimizations?: readonly Optimization[]) {
  const builder = new StreamsBuilder();
  const rows = builder.table("in", { ...TEXTS, ...consumed }, { store: "rows", ...materialized });
  builder
    .stream("stream", TEXTS)
    .join(rows, (value, row) => value + row)
    .to("out", TEXTS);
  more?.(builder);
  const { subTopologies, internalTopics } = compile(builder.build(), "app", optimizations);
  const store = subTopologies.flatMap(({ stores }) => stores).find(({ spec }) => spec.name === "rows");
  assert.equal(
    internalTopics.some(({ topic }) => topic === CHANGELOG),
    store?.changelog !== undefined,
  );
  return [store?.changelog, store?.source?.topic];
}

test("a table's topic stands in for its changelog, if that is asked for", () => {
  assert.deepEqual(restoredFrom({}), [CHANGELOG, undefined]);
  assert.deepEqual(restoredFrom({}, ["reuse-source-topics"]), [undefined, "in"]);
});

const writing = (): Processor<string, string, string, string> => ({ process() {} });
const CASES: readonly (readonly [string, Case, readonly [string | undefined, string | undefined]])[] = [
  [
    "negative timestamps dropped",
    { consumed: { timestampExtractor: logAndSkipOnInvalidTimestamp } },
    [undefined, "in"],
  ],
  [
    "times of the partition",
    { consumed: { timestampExtractor: usePartitionTimeOnInvalidTimestamp } },
    [CHANGELOG, undefined],
  ],
  ["times of the clock", { consumed: { timestampExtractor: wallclockTimestamp } }, [CHANGELOG, undefined]],
  ["times by a function", { consumed: { timestampExtractor: () => 1 } }, [CHANGELOG, undefined]],
  ["versions", { materialized: { historyMs: 10 } }, [CHANGELOG, undefined]],
  ["no changelog in any case", { materialized: { logging: false } }, [undefined, undefined]],
  [
    "a processor that may write it",
    { more: (builder) => builder.stream("more", TEXTS).process(writing, { stores: ["rows"] }) },
    [CHANGELOG, undefined],
  ],
];

for (const [what, each, expected] of CASES) {
  test(`source topics as changelogs: ${what}`, () => {
    assert.deepEqual(restoredFrom(each, ["reuse-source-topics"]), expected);
  });
}

test("a table that a stream makes has a changelog", () => {
  const builder = new StreamsBuilder();
  builder.stream("in", TEXTS).toTable({ store: "rows" });
  const [sub] = compile(builder.build(), "app", ["reuse-source-topics"]).subTopologies;
  assert.equal(sub!.stores[0]!.changelog, CHANGELOG);
});

test("who optimizes has another plan", () => {
  const builder = new StreamsBuilder();
  builder.table("in", TEXTS, { store: "rows" });
  const hashOf = (optimizations: readonly Optimization[]) =>
    compile(builder.build(), "app", optimizations).hash;
  assert.notEqual(hashOf([]), hashOf(["reuse-source-topics"]));
});
