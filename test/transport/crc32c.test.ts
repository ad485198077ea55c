import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { crc32c, crc32cCombine, crc32cReplaceHead } from "../../host/transport/crc32c.ts";

test("the checksums of RFC 3720, B.4, and the check value", () => {
  assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
  assert.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43);
  assert.equal(crc32c(Buffer.from(Array.from({ length: 32 }, (_, at) => at))), 0x46dd794e);
  assert.equal(crc32c(Buffer.from(Array.from({ length: 32 }, (_, at) => 31 - at))), 0x113fdb5c);
  assert.equal(crc32c(Buffer.from("123456789")), 0xe3069283);
  assert.equal(crc32c(Buffer.alloc(0)), 0);
});

test("a part of a buffer, of any length", () => {
  const bytes = randomBytes(100);
  for (let from = 0; from < 20; from++)
    for (let to = from; to <= 100; to++)
      assert.equal(crc32c(bytes, from, to), crc32c(bytes.subarray(from, to)));
});

test("two checksums make that of both parts, whatever their lengths", () => {
  for (const [a, b] of [
    [0, 0],
    [0, 9],
    [9, 0],
    [1, 1],
    [40, 1],
    [40, 61],
    [40, 70_001],
    [3, 900_000],
  ] as const) {
    const bytes = randomBytes(a + b);
    const both = crc32cCombine(crc32c(bytes, 0, a), crc32c(bytes, a), b);
    assert.equal(both, crc32c(bytes), `${a} and ${b} bytes`);
    assert.equal(crc32c(bytes, a, a + b, crc32c(bytes, 0, a)), both);
  }
});

test("a changed head mends the checksum of the whole", () => {
  const bytes = randomBytes(5000);
  const [whole, head] = [crc32c(bytes), crc32c(bytes, 0, 40)];
  randomBytes(40).copy(bytes);
  assert.equal(crc32cReplaceHead(whole, head, crc32c(bytes, 0, 40), 4960), crc32c(bytes));
});
