import assert from "node:assert/strict";
import { test } from "node:test";
import { type Err, err, i64, StreamsBuilder, string, TopologyTestDriver } from "../../host/index.ts";
import { throwsWith } from "../testing/driver-scene.ts";

const TEXTS = { key: string, value: string };
const COUNTS = { key: string, value: i64 };

/** Rows counted by the group that the selector gives them. */
function counted(
  selector: (key: string, value: string) => readonly [string | null, string | null] | null | Err,
) {
  const builder = new StreamsBuilder();
  builder
    .table("rows", TEXTS)
    .groupBy(selector, TEXTS)
    .count({ store: "counts", caching: false })
    .toStream()
    .to("counts", COUNTS);
  const driver = new TopologyTestDriver(builder);
  const rows = driver.input("rows", TEXTS);
  return { rows, counts: () => driver.output("counts", COUNTS).readKeyValues() };
}

test("a row for which there is no pair leaves its group, and comes back", () => {
  const { rows, counts } = counted((_key, value) => (value === "none" ? null : [value, value]));
  rows.pipe("a", "red");
  rows.pipe("b", "none");
  rows.pipe("a", "none");
  rows.pipe("a", "red");
  assert.deepEqual(counts(), [
    ["red", 1n],
    ["red", 0n],
    ["red", 1n],
  ]);
});

test("a row that the selector refuses is a bad one, with its reason", () => {
  const { rows } = counted((_key, value) => (value === "odd" ? err("no group for it") : [value, value]));
  assert.throws(() => rows.pipe("a", "odd"), throwsWith("RECORD_FAILED", /no group for it/));
});
