import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { string } from "../../host/index.ts";
import { sideKeyOf, sideValuesOf } from "../../host/serdes/join-side.ts";
import { murmur3 } from "../../host/serdes/murmur3.ts";
import {
  combinedKeyOf,
  foreignPrefix,
  INSTRUCTIONS,
  subscriptionAnswerOf,
  subscriptionOf,
} from "../../host/serdes/subscription.ts";
import { readBuffered, writeBuffered } from "../../host/state/stores/buffered-value.ts";

/** The bytes that Kafka Streams' joins write. */
interface Fixture {
  readonly format: string;
  // biome-ignore lint/suspicious/noExplicitAny: of each format another
  readonly input: any;
  readonly hex: string;
}

const FILE = join(import.meta.dirname, "..", "golden", "bytes", "serdes.json");
const { cases } = JSON.parse(readFileSync(FILE, "utf8")) as { readonly cases: readonly Fixture[] };
const ofFormat = (name: string) => cases.filter(({ format }) => format === name);
const hexOf = (bytes: Uint8Array | string) => Buffer.from(bytes as Uint8Array).toString("hex");

function hashOf(halves: readonly string[] | null): Buffer | null {
  if (halves === null) return null;
  const hash = Buffer.alloc(16);
  for (const [index, half] of halves.entries()) hash.writeBigInt64BE(BigInt(half), 8 * index);
  return hash;
}

suite("what joins write is what Kafka Streams writes", () => {
  test("hashes of values", () => {
    const found = ofFormat("murmur3_128");
    assert.equal(found.length, 60);
    for (const { input, hex } of found) assert.equal(hexOf(murmur3(Buffer.from(input.bytes, "hex"))), hex);
  });

  test("subscriptions, those of older versions are read", () => {
    const serde = subscriptionOf(string);
    const found = ofFormat("subscriptionWrapper");
    assert.equal(found.length, 48);
    for (const { input, hex } of found) {
      const subscription = {
        hash: hashOf(input.hash),
        instruction: INSTRUCTIONS[input.instructionValue as number]!,
        primaryKey: input.primaryKey as string,
        primaryPartition: input.version === 0 ? undefined : (input.primaryPartition as number),
      };
      if (input.version === 1) assert.equal(hexOf(serde.serialize(subscription)), hex);
      assert.deepEqual(serde.deserialize(Buffer.from(hex, "hex")), subscription);
    }
  });

  test("their answers", () => {
    const serde = subscriptionAnswerOf(string);
    const found = ofFormat("subscriptionResponseWrapper");
    assert.equal(found.length, 12);
    for (const { input, hex } of found) {
      const answer = { hash: hashOf(input.hash), primaryPartition: undefined };
      assert.equal(hexOf(serde.serialize({ ...answer, foreignValue: input.foreignValue })), hex);
      assert.deepEqual(serde.deserialize(Buffer.from(hex, "hex")), {
        ...answer,
        foreignValue: input.decodedForeignValue,
      });
    }
  });

  test("combined keys", () => {
    const serde = combinedKeyOf(string, string);
    for (const { input, hex } of ofFormat("combinedKey")) {
      assert.equal(hexOf(serde.serialize(input)), hex);
      assert.deepEqual(serde.deserialize(Buffer.from(hex, "hex")), input);
    }
    for (const { input, hex } of ofFormat("combinedKeyPrefix"))
      assert.equal(hexOf(foreignPrefix(string, input.foreignKey)), hex);
    assert.equal(ofFormat("combinedKey").length + ofFormat("combinedKeyPrefix").length, 10);
  });

  test("records that have found none", () => {
    const serde = sideKeyOf(string);
    const found = ofFormat("timestampedKeyAndJoinSide").filter(({ input }) =>
      Number.isSafeInteger(Number(input.timestamp)),
    );
    assert.ok(found.length >= 12, `${found.length} cases`);
    for (const { input, hex } of found) {
      const key = {
        timestamp: Number(input.timestamp),
        isLeft: input.left as boolean,
        key: input.key as string,
      };
      assert.equal(hexOf(serde.serialize(key)), hex);
      assert.deepEqual(serde.deserialize(Buffer.from(hex, "hex")), key);
    }
    const values = sideValuesOf(string, string);
    const both = [
      { isLeft: true, value: "left" },
      { isLeft: false, value: "" },
    ];
    assert.equal(hexOf(values.serialize(both)), "010000000200000005016c6566740000000100");
    assert.deepEqual(values.deserialize(Buffer.from(values.serialize(both) as Uint8Array)), both);
  });

  test("what is kept back", () => {
    const found = [...ofFormat("bufferValue"), ...ofFormat("suppressChangelogValue")];
    assert.equal(found.length, 24);
    const bytesIn = (hex: string | null) => (hex === null ? null : Buffer.from(hex, "hex"));
    for (const { format, input, hex } of found) {
      const { timestamp, offset, topic, partition, headers } = input.context;
      const held = {
        prior: bytesIn(input.priorValue),
        old: bytesIn(input.oldValue),
        now: bytesIn(input.newValue),
        origin: {
          timestamp: Number(timestamp),
          offset: BigInt(offset),
          topic: topic as string,
          partition: partition as number,
          headers: headers.map((each: { key: string; value: string | null }) => ({
            key: each.key,
            value: bytesIn(each.value),
          })),
        },
      };
      const isLogged = format === "suppressChangelogValue";
      const written = writeBuffered(held, isLogged ? 8 : 0);
      if (isLogged) written.writeBigInt64BE(BigInt(input.bufferTime), written.length - 8);
      assert.equal(hexOf(written), hex);
      assert.deepEqual(readBuffered(Buffer.from(hex, "hex")), held);
    }
  });
});
