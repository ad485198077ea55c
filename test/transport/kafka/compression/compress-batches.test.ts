import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32c } from "../../../../host/transport/crc32c.ts";
import {
  compressBatch,
  decompressBatches,
} from "../../../../host/transport/kafka/compression/compress-batches.ts";
import { nativePackage } from "../../../../host/transport/kafka/compression/native-package.ts";
import { batchHeaders } from "../../../../host/transport/kafka/record-batches.ts";
import { bytesOf, golden, goldenBatches, readRecords } from "../golden-batches.ts";

const LIMIT = 1_000_000;
const COMPRESSIONS = ["gzip", "snappy", "lz4", "zstd"] as const;

test("every compressed batch of Kafka's comes out with its records and a checksum that holds", () => {
  let compressed = 0;
  for (const { name, batches, hex } of goldenBatches) {
    const plain = decompressBatches(Buffer.from(hex, "hex"), LIMIT);
    const headers = [...batchHeaders(plain)];
    for (const [index, batch] of batches.entries()) {
      const { from, to, codec } = headers[index]!;
      const bytes = plain.subarray(from, to);
      assert.equal(codec, 0, name);
      assert.equal(crc32c(bytes, 21), bytes.readUInt32BE(17), name);
      const { records } = batch.recordsFrom === undefined ? batch : golden(batch.recordsFrom).batches[0]!;
      const strip = ({ offset, key, value, headers }: (typeof records & object)[number]) => ({
        offset,
        key,
        value,
        headers,
      });
      assert.deepEqual(readRecords(bytes), records!.map(strip), name);
      if (batch.compression !== "none") compressed++;
    }
  }
  assert.ok(compressed > 30);
});

test("uncompressed, it is the very batch that an uncompressed producer writes", () => {
  for (const compression of COMPRESSIONS) {
    const pairs = goldenBatches.filter(({ name }) => name.startsWith(`${compression}/`));
    for (const { name, hex } of pairs) {
      const plain = goldenBatches.find((other) => other.name === name.replace(compression, "none"));
      if (plain !== undefined)
        assert.equal(decompressBatches(Buffer.from(hex, "hex"), LIMIT).toString("hex"), plain.hex, name);
    }
  }
});

test("what is not compressed is not touched", () => {
  const bytes = bytesOf("none/500 records");
  assert.equal(decompressBatches(bytes, 1), bytes);
  assert.equal(compressBatch(bytes, "none"), bytes);
});

test("there and back in every compression", () => {
  for (const compression of COMPRESSIONS) {
    for (const name of ["none/500 records", "none/value of 20000 repetitive bytes", "none/transactional"]) {
      const plain = bytesOf(name);
      const packed = compressBatch(plain, compression);
      assert.ok(packed.length < plain.length);
      assert.equal(crc32c(packed, 21), packed.readUInt32BE(17));
      assert.deepEqual(decompressBatches(packed, LIMIT), plain, `${compression} ${name}`);
    }
  }
});

test("a batch that would not get smaller stays as it is", () => {
  const plain = bytesOf("none/value of 20000 random bytes");
  for (const compression of COMPRESSIONS) assert.equal(compressBatch(plain, compression), plain);
});

test("LZ4 is written as Kafka's Java client can read it: independent blocks of known version", () => {
  const frame = compressBatch(bytesOf("none/500 records"), "lz4").subarray(61);
  assert.equal(frame.readUInt32LE(0), 0x184d2204);
  assert.equal(frame[4]! & 0b1110_0000, 0b0110_0000);
});

test("snappy without xerial's framing is read too", () => {
  const framed = bytesOf("snappy/500 records");
  const block = framed.subarray(61 + 20);
  assert.equal(framed.readInt32BE(61 + 16), block.length);
  const raw = Buffer.concat([framed.subarray(0, 61), block]);
  raw.writeInt32BE(raw.length - 12, 8);
  raw.writeUInt32BE(crc32c(raw, 21), 17);
  assert.equal(decompressBatches(raw, LIMIT).toString("hex"), golden("none/500 records").hex);
});

test("several batches: compressed and not, one cut off", () => {
  const bytes = bytesOf("several/transactional batch, commit marker, lz4 batch");
  const plain = decompressBatches(Buffer.concat([bytes, bytes.subarray(0, 70)]), LIMIT);
  assert.deepEqual(
    [...batchHeaders(plain)].map(({ codec, baseOffset }) => [codec, baseOffset]),
    [
      [0, 100n],
      [0, 102n],
      [0, 103n],
    ],
  );
});

test("a compressed batch whose records are all gone", () => {
  const empty = bytesOf("none/no records left (compacted), last offset kept");
  const packed = Buffer.from(empty);
  packed.writeInt16BE(packed.readInt16BE(21) | 3, 21);
  packed.writeUInt32BE(crc32c(packed, 21), 17);
  assert.deepEqual(decompressBatches(packed, LIMIT), empty);
});

test("more than the bound is refused before it takes the memory", () => {
  const plain = bytesOf("none/value of 20000 repetitive bytes");
  for (const compression of COMPRESSIONS) {
    const packed = compressBatch(plain, compression);
    assert.equal(
      decompressBatches(packed, compression === "lz4" ? 100_000 : plain.length).length,
      plain.length,
    );
    assert.throws(() => decompressBatches(packed, plain.length - 1), {
      code: "RECORDS_TOO_LARGE",
      message: /20087 bytes/,
    });
    assert.throws(() => decompressBatches(packed, 50), { code: "RECORDS_TOO_LARGE" });
    assert.throws(() => decompressBatches(Buffer.concat([packed, packed]), plain.length + 100), {
      code: "RECORDS_TOO_LARGE",
    });
  }
});

test("damage is noticed: by the checksum, and behind it by the codec", () => {
  for (const compression of COMPRESSIONS) {
    const packed = compressBatch(bytesOf("none/500 records"), compression);
    for (let at = 61; at < packed.length; at += 97) {
      const damaged = Buffer.from(packed);
      damaged[at]! ^= 0x5a;
      assert.throws(() => decompressBatches(damaged, LIMIT), { code: "BATCH_CORRUPT", message: /checksum/ });
    }
    const short = Buffer.from(packed.subarray(0, packed.length - 10));
    short.writeInt32BE(short.length - 12, 8);
    short.writeUInt32BE(crc32c(short, 21), 17);
    assert.throws(() => decompressBatches(short, LIMIT), {
      code: "BATCH_CORRUPT",
      message: /cannot be decompressed|goes beyond|does not end/,
    });
  }
});

test("an unknown compression, in a batch and as an option", () => {
  const bytes = bytesOf("none/1 record");
  bytes.writeInt16BE(7, 21);
  bytes.writeUInt32BE(crc32c(bytes, 21), 17);
  assert.throws(() => decompressBatches(bytes, LIMIT), { code: "COMPRESSION_UNKNOWN", message: /7/ });
  assert.throws(() => compressBatch(bytes, "brotli" as never), {
    code: "COMPRESSION_UNKNOWN",
    message: /brotli/,
  });
});

test("an absent package is an error when it is used, not before", () => {
  const use = nativePackage("no-such-package-of-anyone");
  assert.throws(use, { code: "COMPRESSION_MISSING", message: /no-such-package.*use gzip or zstd/ });
});
