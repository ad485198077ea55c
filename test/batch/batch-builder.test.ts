import assert from "node:assert/strict";
import { test } from "node:test";
import { BatchBuilder } from "../../host/batch/batch-builder.ts";
import { BatchView } from "../../host/batch/batch-view.ts";
import { writeHeaders } from "../../host/batch/headers.ts";

const headers = writeHeaders([{ key: "h", value: Buffer.from("1") }]);
const long = "a key longer than what a loop copies, by a few bytes";

function source(): BatchView {
  const builder = new BatchBuilder();
  builder.append("key", "value", -1n, headers);
  builder.append(null, null, 9_223_372_036_854_775_807n);
  builder.append(long, "", 1_700_000_000_000n);
  return new BatchView(builder.finish(40n, 7n), 0);
}

test("a built batch is read back", () => {
  const view = source();
  assert.equal(view.rows, 3);
  assert.deepEqual(
    [0, 1, 2].map((row) => view.keyText(row)),
    ["key", null, long],
  );
  assert.deepEqual(
    [0, 1, 2].map((row) => view.valueText(row)),
    ["value", null, ""],
  );
  assert.deepEqual(
    [0, 1, 2].map((row) => view.timestampBigint(row)),
    [-1n, 2n ** 63n - 1n, 1_700_000_000_000n],
  );
  assert.deepEqual(
    [0, 1, 2].map((row) => view.offset(row)),
    [40n, 41n, 42n],
  );
  assert.deepEqual(
    [0, 1, 2].map((row) => view.position(row)),
    [7n, 8n, 9n],
  );
  assert.deepEqual(view.headers(0), [{ key: "h", value: Buffer.from("1") }]);
  assert.deepEqual(view.headers(1), []);
});

test("appendValue keeps key, headers and timestamp of its source", () => {
  const view = source();
  const builder = new BatchBuilder();
  for (const row of [2, 1, 0]) builder.appendValue(view, row, row === 1 ? null : `new ${row}`);
  const made = new BatchView(builder.finish(), 0);
  assert.deepEqual(
    [0, 1, 2].map((row) => made.keyText(row)),
    [long, null, "key"],
  );
  assert.deepEqual(
    [0, 1, 2].map((row) => made.valueText(row)),
    ["new 2", null, "new 0"],
  );
  assert.deepEqual(
    [0, 1, 2].map((row) => made.timestampBigint(row)),
    [1_700_000_000_000n, 2n ** 63n - 1n, -1n],
  );
  assert.deepEqual(
    [0, 1, 2].map((row) => made.headers(row).length),
    [0, 0, 1],
  );
});

test("a builder grows with its rows and is empty after finish", () => {
  const builder = new BatchBuilder();
  for (let round = 0; round < 2; round++) {
    for (let row = 0; row < 1000; row++) builder.append(`k${row}`, "é".repeat(row), BigInt(row));
    assert.equal(builder.rows, 1000);
    const view = new BatchView(builder.finish(), 0);
    assert.equal(builder.rows, 0);
    assert.equal(view.valueText(999), "é".repeat(999));
    assert.equal(view.keyText(500), "k500");
  }
});

test("appendWritten: the writer gets the room that it asks for, and may decline", () => {
  const view = source();
  const builder = new BatchBuilder();
  const text = "x".repeat(10_000);
  const write = (value: unknown, target: Buffer, at: number) => {
    if (value !== text) return 0;
    return at + text.length > target.length ? -1 : at + target.write(text, at);
  };
  assert.equal(builder.appendWritten(view, 0, undefined, "other", write), false);
  assert.equal(builder.appendWritten(view, 0, undefined, text, write), true);
  assert.equal(builder.appendWritten(view, 1, "new key", text, write), true);
  const made = new BatchView(builder.finish(), 0);
  assert.equal(made.rows, 2);
  assert.deepEqual([made.keyText(0), made.keyText(1)], ["key", "new key"]);
  assert.deepEqual([made.valueText(0), made.valueText(1)], [text, text]);
  assert.deepEqual([made.timestampBigint(0), made.timestampBigint(1)], [-1n, 2n ** 63n - 1n]);
  assert.deepEqual(made.headers(0), [{ key: "h", value: Buffer.from("1") }]);
});
