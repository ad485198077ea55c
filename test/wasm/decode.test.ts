import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteBuffer } from "flatbuffers";
import { Batch } from "../../host/batch/generated/batch.ts";
import { openKernelInstance } from "../../host/wasm/kernel-instance.ts";
import { kernelModule } from "../../host/wasm/kernel-module.ts";
import * as errors from "../../kernels/abi/errors.ts";
import { goldenCases, hexOf } from "../batch/golden-batches.ts";
import { encodeRecordBatch, type KafkaRecord } from "../batch/record-batch.ts";

const kernels = openKernelInstance(kernelModule());

function open(bytes: Buffer, fromOffset = 0n, rowsMax = 500) {
  const input = kernels.newInput({ rowsMax, checkCrc: true });
  input.load(bytes, fromOffset);
  return input;
}

function recordsOf(count: number): KafkaRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    timestamp: BigInt(1000 + index),
    key: Buffer.from(`key ${index}`),
    value: Buffer.from(`value ${index}`),
  }));
}

for (const { name, bytes, batches } of goldenCases) {
  test(`Kafka's record batches are decoded, control batches passed over: ${name}`, () => {
    const input = open(bytes);
    const wanted = batches.filter(({ control }) => !control).flatMap(({ records }) => records);
    assert.equal(input.decode(500, 7n), wanted.length);
    assert.equal(input.fault, undefined);
    const batch = input.batch;
    wanted.forEach((record, row) => {
      assert.deepEqual(
        {
          offset: String(batch.offset(row)),
          timestamp: String(batch.timestampBigint(row)),
          key: hexOf(batch.key(row)),
          value: hexOf(batch.value(row)),
          headers: batch.headers(row).map(({ key, value }) => ({ key, value: hexOf(value) })),
        },
        record,
      );
      assert.equal(batch.position(row), 7n + BigInt(row));
      assert.equal(batch.errorCode(row), 0);
    });
    input.close();
  });
}

test("any FlatBuffers library reads the Batch", () => {
  const input = open(encodeRecordBatch(recordsOf(3), { baseOffset: 40n }));
  input.decode(500, 9n);
  const buffer = new ByteBuffer(kernels.memory);
  buffer.setPosition(input.batchAddress);
  assert.ok(Batch.bufferHasIdentifier(buffer));
  const batch = Batch.getRootAsBatch(buffer);
  assert.equal(batch.rows(), 3);
  assert.equal(batch.baseOffset(), 40n);
  assert.equal(batch.position(), 9n);
  const bytes = Buffer.from(batch.bytesArray()!);
  for (let row = 0; row < 3; row++) {
    assert.equal(batch.offsetDelta(row), row);
    assert.equal(batch.timestamp(row), BigInt(1000 + row));
    const at = batch.valueAt(row)!;
    assert.equal(bytes.toString("utf8", at, at + batch.valueLength(row)!), `value ${row}`);
  }
  assert.equal(batch.keyAtLength(), 3);
  assert.equal(batch.errorCodeLength(), 3);
});

test("records below fromOffset are passed over, and rowsMax ends a batch", () => {
  const input = open(encodeRecordBatch(recordsOf(10), { baseOffset: 100n }), 103n, 4);
  assert.equal(input.decode(500, 0n), 4);
  assert.equal(input.batch.offset(0), 103n);
  assert.equal(input.decode(2, 4n), 2);
  assert.equal(input.batch.offset(0), 107n);
  assert.equal(input.decode(500, 6n), 1);
  assert.equal(input.decode(500, 7n), 0);
});

test("LogAppendTime gives every record the batch's time", () => {
  const input = open(encodeRecordBatch(recordsOf(2), { logAppendTime: true, maxTimestamp: 5555n }));
  assert.equal(input.decode(500, 0n), 2);
  assert.deepEqual([input.batch.timestamp(0), input.batch.timestamp(1)], [5555, 5555]);
});

test("offsets too far apart for one batch begin another", () => {
  const near = encodeRecordBatch(recordsOf(2), { baseOffset: 5n });
  const far = encodeRecordBatch(recordsOf(2), { baseOffset: 5_000_000_000n });
  const input = open(Buffer.concat([near, far]));
  assert.equal(input.decode(500, 0n), 2);
  assert.equal(input.decode(500, 2n), 2);
  assert.equal(input.batch.offset(1), 5_000_000_001n);
});

test("a bad record keeps its neighbours, and says what is wrong and where", () => {
  const bytes = encodeRecordBatch(recordsOf(3), { baseOffset: 10n });
  const second = bytes.indexOf("key 1") - 1; // the key's length
  bytes[second] = 120;
  const input = kernels.newInput({ rowsMax: 10, checkCrc: false });
  input.load(bytes, 0n);
  assert.equal(input.decode(10, 0n), 3);
  const { batch } = input;
  assert.equal(batch.errors, 1);
  assert.deepEqual([batch.keyText(0), batch.keyText(2)], ["key 0", "key 2"]);
  assert.equal(batch.errorCode(1), errors.ERROR_RECORD_KEY_LENGTH);
  assert.equal(batch.errorAt(1), second);
  assert.equal(batch.offset(1), 11n);
  assert.equal(batch.key(1), null);
  const selection = kernels.newSelection(10);
  assert.equal(selection.selectAll(input), 2);
  assert.deepEqual([...selection.rows], [0, 2]);
});

const good = encodeRecordBatch(recordsOf(2));
const faults: [string, number, (bytes: Buffer) => void][] = [
  ["an older magic", errors.ERROR_BATCH_MAGIC, (bytes) => bytes.writeUInt8(1, 16)],
  ["a wrong CRC", errors.ERROR_BATCH_CRC, (bytes) => bytes.writeUInt8(1, 70)],
  ["a length below the header's", errors.ERROR_BATCH_LENGTH, (bytes) => bytes.writeInt32BE(20, 8)],
];
for (const [name, code, damage] of faults) {
  test(`${name} ends decoding, after the rows before it`, () => {
    const bad = Buffer.from(good);
    damage(bad);
    const input = open(Buffer.concat([good, bad, good]));
    assert.equal(input.decode(500, 0n), 2);
    const before = input.fault;
    assert.equal(before, undefined);
    assert.equal(input.decode(500, 2n), 0);
    assert.equal(input.fault?.code, code);
    assert.equal(input.fault?.byteAt, good.length);
    assert.match(input.fault?.problem ?? "", /\w+/);
  });
}

const recordFaults: [string, number, (bytes: Buffer) => void][] = [
  ["a compressed batch", errors.ERROR_BATCH_COMPRESSED, (bytes) => bytes.writeUInt16BE(2, 21)],
  ["too few records", errors.ERROR_BATCH_COUNT, (bytes) => bytes.writeInt32BE(1, 57)],
  ["a negative count", errors.ERROR_BATCH_COUNT, (bytes) => bytes.writeInt32BE(-1, 57)],
  ["a record beyond its batch", errors.ERROR_BATCH_RECORD_LENGTH, (bytes) => bytes.writeUInt8(0x7e, 61)],
];
for (const [name, code, damage] of recordFaults) {
  test(`${name} is a fault of its batch`, () => {
    const bad = Buffer.from(good);
    damage(bad);
    const input = kernels.newInput({ rowsMax: 10, checkCrc: false });
    input.load(bad, 0n);
    while (input.decode(10, 0n) > 0);
    assert.equal(input.fault?.code, code);
    input.load(good, 0n);
    assert.equal(input.decode(10, 0n), 2, "an input may be loaded anew");
    assert.equal(input.fault, undefined);
  });
}
