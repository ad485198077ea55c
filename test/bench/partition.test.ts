import assert from "node:assert/strict";
import { test } from "node:test";
import { murmur2, partitionOf } from "../../bench/lib/partition.ts";

/** Of Kafka's own UtilsTest#testMurmur2. */
const KAFKAS: readonly (readonly [string, number])[] = [
  ["21", -973932308],
  ["foobar", -790332482],
  ["a-little-bit-long-string", -985981536],
  ["a-little-bit-longer-string", -1486304829],
  ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
  ["abc", 479470107],
];

test("murmur2 gives Kafka's hashes, partitions are those of its default partitioner", () => {
  for (const [key, hash] of KAFKAS) {
    assert.equal(murmur2(Buffer.from(key)), hash, key);
    assert.equal(partitionOf(key, 6), (hash & 0x7fffffff) % 6);
  }
});
