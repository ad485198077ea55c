import assert from "node:assert/strict";
import { test } from "node:test";
import { filterCommitted } from "../../../host/transport/kafka/filter-committed.ts";
import { bytesOf, goldenBatches } from "./golden-batches.ts";

/** One of Kafka's batches, moved to another offset and producer. */
function batch(name: string, baseOffset: bigint, producerId: bigint): Buffer {
  const bytes = bytesOf(name);
  bytes.writeBigInt64BE(baseOffset, 0);
  bytes.writeBigInt64BE(producerId, 43);
  return bytes;
}

const transactional = (offset: bigint, producerId: bigint) => batch("none/transactional", offset, producerId);
const idempotent = (offset: bigint, producerId: bigint) => batch("none/idempotent", offset, producerId);
const abort = (offset: bigint, producerId: bigint) =>
  batch("control/ABORT coordinator epoch 3", offset, producerId);
const commit = (offset: bigint, producerId: bigint) =>
  batch("control/COMMIT coordinator epoch 3", offset, producerId);
const BYTES = 239;
const MARKER_BYTES = 78;

/** Base offsets of the batches that are left. */
function left(records: Buffer, aborted: Parameters<typeof filterCommitted>[1]): bigint[] {
  const offsets: bigint[] = [];
  for (const { from, to } of filterCommitted(records, aborted).ranges)
    for (let at = from; at < to; at += 12 + records.readInt32BE(at + 8))
      offsets.push(records.readBigInt64BE(at));
  return offsets;
}

test("every golden case: control batches go, data batches stay, the next offset is that after the last", () => {
  for (const { name, batches, hex, incompleteBytes } of goldenBatches) {
    const result = filterCommitted(Buffer.from(hex, "hex"), []);
    const live = batches.filter(({ control }) => !control);
    assert.equal(
      result.bytes,
      live.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0),
      name,
    );
    assert.equal(result.nextOffset, BigInt(batches.at(-1)!.lastOffset) + 1n, name);
    assert.equal(
      result.compressed,
      live.some(({ compression }) => compression !== "none"),
      name,
    );
    assert.equal(
      hex.length / 2 - (incompleteBytes ?? 0),
      batches.reduce((sum, each) => sum + each.sizeInBytes, 0),
    );
  }
});

test("aborted batches go until their marker; other producers' stay", () => {
  const records = Buffer.concat([
    transactional(0n, 1n),
    transactional(6n, 2n),
    idempotent(12n, 1n),
    abort(18n, 1n),
    transactional(19n, 1n),
    commit(25n, 2n),
    commit(26n, 1n),
  ]);
  assert.deepEqual(left(records, [{ producerId: 1n, firstOffset: 0n }]), [6n, 12n, 19n]);
  assert.equal(filterCommitted(records, [{ producerId: 1n, firstOffset: 0n }]).nextOffset, 27n);
});

test("two aborted transactions of one producer, named in any order", () => {
  const records = Buffer.concat([
    transactional(0n, 1n),
    abort(6n, 1n),
    transactional(7n, 1n),
    commit(13n, 1n),
    transactional(14n, 1n),
    abort(20n, 1n),
    transactional(21n, 1n),
  ]);
  const aborted = [14n, 0n].map((firstOffset) => ({ producerId: 1n, firstOffset }));
  assert.deepEqual(left(records, aborted), [7n, 21n]);
});

test("an abort that began before this fetch", () => {
  const records = Buffer.concat([transactional(50n, 1n), abort(56n, 1n), transactional(57n, 1n)]);
  assert.deepEqual(left(records, [{ producerId: 1n, firstOffset: 3n }]), [57n]);
});

test("a marker of an empty transaction does not end another producer's abort", () => {
  const records = Buffer.concat([
    transactional(0n, 1n),
    abort(6n, 2n),
    transactional(7n, 1n),
    abort(13n, 1n),
  ]);
  assert.deepEqual(left(records, [{ producerId: 1n, firstOffset: 0n }]), []);
});

test("a commit marker never ends an abort", () => {
  const records = Buffer.concat([transactional(0n, 1n), commit(6n, 1n), transactional(7n, 1n)]);
  assert.deepEqual(left(records, [{ producerId: 1n, firstOffset: 0n }]), []);
});

test("read_uncommitted: only control batches go", () => {
  const records = Buffer.concat([transactional(0n, 1n), abort(6n, 1n)]);
  assert.deepEqual(left(records, null), [0n]);
});

test("neighbours are one range", () => {
  const records = Buffer.concat([
    idempotent(0n, 1n),
    idempotent(6n, 1n),
    commit(12n, 1n),
    idempotent(13n, 1n),
  ]);
  assert.deepEqual(filterCommitted(records, []).ranges, [
    { from: 0, to: 2 * BYTES },
    { from: 2 * BYTES + MARKER_BYTES, to: 3 * BYTES + MARKER_BYTES },
  ]);
});

test("a batch cut off anywhere is left", () => {
  const records = Buffer.concat([idempotent(0n, 1n), idempotent(6n, 1n)]);
  for (let length = BYTES; length < 2 * BYTES; length++) {
    const { ranges, nextOffset } = filterCommitted(records.subarray(0, length), []);
    assert.deepEqual(ranges, [{ from: 0, to: BYTES }]);
    assert.equal(nextOffset, 6n);
  }
  assert.equal(filterCommitted(records.subarray(0, 100), []).nextOffset, undefined);
});

test("a control batch whose record was compacted away", () => {
  const empty = batch("none/no records left (compacted), last offset kept", 6n, 1n);
  empty.writeInt16BE(empty.readInt16BE(21) | 0x20, 21);
  const records = Buffer.concat([transactional(0n, 1n), empty, transactional(20n, 1n)]);
  assert.deepEqual(left(records, [{ producerId: 1n, firstOffset: 0n }]), []);
});

test("damaged headers and old formats are refused", () => {
  const short = idempotent(7n, 1n);
  short.writeInt32BE(3, 8);
  assert.throws(() => filterCommitted(short, []), { code: "BATCH_CORRUPT", message: /offset 7 .*15 bytes/ });
  const old = idempotent(7n, 1n);
  old[16] = 1;
  assert.throws(() => filterCommitted(old, []), { code: "BATCH_FORMAT_OLD", message: /format 1/ });
  const marker = abort(6n, 1n).subarray(0, 63);
  marker.writeInt32BE(51, 8);
  assert.throws(() => filterCommitted(Buffer.from(marker), [{ producerId: 1n, firstOffset: 0n }]), {
    code: "MESSAGE_MALFORMED",
  });
});
