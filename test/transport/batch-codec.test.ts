import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type CodedRecord, decodeBatch, encodeBatch } from "../../host/transport/batch-codec.ts";
import { VarintReader, varlongBytes, writeVarlong } from "../../host/transport/varint.ts";

const NOTHING = { key: null, value: null, headers: [] };

suite("record batches, record by record", () => {
  test("timestamps however far apart", () => {
    const times = [0, -1, 2 ** 30, -(2 ** 30), 2 ** 31, 2 ** 40, 2 ** 52, -(2 ** 52), 5];
    const records: CodedRecord[] = times.map((timestamp, offsetDelta) => ({
      ...NOTHING,
      offsetDelta,
      timestamp,
    }));
    assert.deepEqual(decodeBatch(encodeBatch(records)), records);
  });

  test("varlongs at the edges of their lengths", () => {
    for (let bits = 0; bits <= 53; bits++)
      for (const value of [2 ** bits, 2 ** bits - 1, -(2 ** bits), 1 - 2 ** bits]) {
        const bytes = Buffer.alloc(12);
        const end = writeVarlong(bytes, 1, value);
        assert.equal(end - 1, varlongBytes(value), `${value}`);
        const reader = new VarintReader(bytes, 1, end);
        assert.equal(reader.long(), value);
        assert.equal(reader.left, 0);
      }
  });
});
