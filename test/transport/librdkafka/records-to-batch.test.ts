import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { batchOfRecords } from "../../../host/transport/librdkafka/records-to-batch.ts";
import { decodeRecords } from "../../../host/transport/memory/plain-records.ts";

const at = { topic: "in", partition: 3 };
const value = Buffer.from("v");

/** As the binding makes it: under "__proto__" it sets the prototype. */
function protoHeader(bytes: Buffer): Readonly<Record<string, Buffer>> {
  return Object.setPrototypeOf({}, bytes) as Readonly<Record<string, Buffer>>;
}

suite("records of librdkafka as a record batch", () => {
  test("with gaps between offsets, as compaction and aborted transactions leave them", () => {
    const offsets = [7, 8, 12, 900];
    const records = offsets.map((offset) => ({ ...at, offset, key: null, value, timestamp: 5 }));
    const batch = batchOfRecords(records);
    assert.deepEqual(
      decodeRecords(batch).map(({ offset }) => offset),
      [7n, 8n, 12n, 900n],
    );
  });

  test("with headers of every name", () => {
    const headers = [{ a: Buffer.from("1") }, protoHeader(Buffer.from("2")), { 7: Buffer.from("3") }];
    const batch = batchOfRecords([{ ...at, offset: 0, key: value, value: null, timestamp: 5, headers }]);
    assert.deepEqual(
      decodeRecords(batch)[0]!.headers.map((header) => [header.key, String(header.value)]),
      [
        ["a", "1"],
        ["__proto__", "2"],
        ["7", "3"],
      ],
    );
  });

  test("a timestamp that a double does not hold is refused, not rounded", () => {
    const records = [{ ...at, offset: 4, key: null, value, timestamp: 2 ** 60 }];
    assert.throws(() => batchOfRecords(records), {
      code: "RECORD_UNREADABLE",
      message: /in-3: the record at offset 4/,
    });
  });
});
