import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOf, type GoldenBatch, goldenCases, hexOf } from "./golden-batches.ts";
import { encodeRecordBatch } from "./record-batch.ts";
import { readRecordBatches } from "./record-batch-reader.ts";

function encodeAgain(batch: GoldenBatch): Buffer {
  const lastOffsetDelta = Number(BigInt(batch.lastOffset) - BigInt(batch.baseOffset));
  return encodeRecordBatch(
    batch.records.map(({ offset, timestamp, key, value, headers }) => ({
      offsetDelta: Number(BigInt(offset) - BigInt(batch.baseOffset)),
      timestamp: BigInt(timestamp),
      key: bytesOf(key),
      value: bytesOf(value),
      headers: headers.map((header) => ({ key: header.key, value: bytesOf(header.value) })),
    })),
    {
      baseOffset: BigInt(batch.baseOffset),
      partitionLeaderEpoch: batch.partitionLeaderEpoch,
      producerId: BigInt(batch.producerId),
      producerEpoch: batch.producerEpoch,
      baseSequence: batch.baseSequence,
      transactional: batch.transactional,
      control: batch.control,
      logAppendTime: batch.timestampType === "LogAppendTime",
      ...(batch.deleteHorizonMs === undefined ? {} : { deleteHorizonMs: BigInt(batch.deleteHorizonMs) }),
      baseTimestamp: BigInt(batch.baseTimestamp),
      maxTimestamp: BigInt(batch.maxTimestamp),
      lastOffsetDelta,
    },
  );
}

for (const { name, bytes, batches, incompleteBytes } of goldenCases) {
  test(`Kafka's record batches are read: ${name}`, () => {
    const read = readRecordBatches(bytes);
    assert.equal(read.length, batches.length);
    assert.equal(read.at(-1)?.header.byteEnd, bytes.length - incompleteBytes);
    read.forEach(({ header, records }, index) => {
      const golden = batches[index]!;
      assert.equal(header.crc, golden.crc);
      assert.equal(header.attributes, golden.attributes);
      assert.equal(String(header.producerId), golden.producerId);
      assert.deepEqual(
        records.map(({ offset, timestamp, key, value, headers }) => ({
          offset: String(offset),
          timestamp: String(timestamp),
          key: hexOf(key),
          value: hexOf(value),
          headers: headers.map((header) => ({ key: header.key, value: hexOf(header.value) })),
        })),
        golden.records,
      );
    });
  });

  // the records of a LogAppendTime batch were written with timestamps that it no longer tells
  if (batches.every(({ timestampType }) => timestampType === "CreateTime")) {
    test(`the same bytes are written again: ${name}`, () => {
      const whole = bytes.subarray(0, bytes.length - incompleteBytes);
      assert.equal(Buffer.concat(batches.map(encodeAgain)).toString("hex"), whole.toString("hex"));
    });
  }
}

test("damaged bytes are refused with the place of the damage", () => {
  const batch = encodeRecordBatch([{ timestamp: 1n, key: null, value: Buffer.from("value") }]);
  batch[70] = batch[70]! ^ 1;
  assert.throws(() => readRecordBatches(batch), /a wrong CRC at byte 0/);
});
