import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { i64, sessionWindowed, string, timeWindowed, Windowed } from "../../host/index.ts";

/** The bytes that Kafka Streams' TimeWindowedSerializer and SessionWindowedSerializer write. */
interface Fixture {
  readonly format: string;
  readonly input: {
    readonly key: string;
    readonly start: string;
    readonly end: string;
    readonly windowSize: string;
  };
  readonly hex: string;
}

const FILE = join(import.meta.dirname, "..", "golden", "bytes", "serdes.json");
const { cases } = JSON.parse(readFileSync(FILE, "utf8")) as { readonly cases: readonly Fixture[] };
/** Times are numbers here: those beyond 2^53 are none. */
const ofFormat = (name: string) =>
  cases.filter(({ format, input }) => format === name && Number.isSafeInteger(Number(input.end)));
const hexOf = (bytes: Uint8Array | string) => Buffer.from(bytes as Uint8Array).toString("hex");

suite("windowed keys are written as Kafka Streams writes them, and read back", () => {
  test("time windows", () => {
    const found = ofFormat("timeWindowed");
    assert.equal(found.length, 16);
    for (const { input, hex } of found) {
      const serde = timeWindowed(string, Number(input.windowSize));
      const key = new Windowed(input.key, Number(input.start), Number(input.end));
      assert.equal(hexOf(serde.serialize(key)), hex);
      assert.deepEqual(serde.deserialize(Buffer.from(hex, "hex")), key);
    }
    const [long] = ofFormat("timeWindowedLongKey");
    assert.equal(hexOf(timeWindowed(i64, 100).serialize(new Windowed(42n, 500, 600))), long!.hex);
  });

  test("sessions", () => {
    const found = ofFormat("sessionWindowed");
    assert.ok(found.length >= 16, `${found.length} cases`);
    const serde = sessionWindowed(string);
    for (const { input, hex } of found) {
      const key = new Windowed(input.key, Number(input.start), Number(input.end));
      assert.equal(hexOf(serde.serialize(key)), hex);
      assert.deepEqual(serde.deserialize(Buffer.from(hex, "hex")), key);
    }
  });

  test("what is too short is refused, and a window without size", () => {
    const short = { code: "SERDE_REFUSED" };
    assert.throws(() => timeWindowed(string, 10).deserialize(new Uint8Array(7)), short);
    assert.throws(() => sessionWindowed(string).deserialize(new Uint8Array(15)), short);
    for (const size of [0, -1, 1.5, Number.NaN])
      assert.throws(() => timeWindowed(string, size), { code: "TOPOLOGY_INVALID" });
  });
});
