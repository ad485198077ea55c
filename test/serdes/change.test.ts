import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { string } from "../../host/index.ts";
import { changeOf } from "../../host/serdes/change.ts";
import { Change } from "../../host/topology/change.ts";

/** The bytes that Kafka Streams' ChangedSerializer writes. */
interface Fixture {
  readonly format: string;
  readonly input: {
    readonly newValue: string | null;
    readonly oldValue: string | null;
    readonly isLatest: boolean;
  };
  readonly hex: string;
}

const FILE = join(import.meta.dirname, "..", "golden", "bytes", "serdes.json");
const { cases } = JSON.parse(readFileSync(FILE, "utf8")) as { readonly cases: readonly Fixture[] };
const serde = changeOf(string);

suite("changes in repartition topics", () => {
  const written = cases.filter(({ format }) => format === "change");
  test("are written as Kafka Streams writes them, and read back", () => {
    assert.equal(written.length, 14);
    for (const { input, hex } of written) {
      const change = new Change(input.newValue, input.oldValue, input.isLatest);
      assert.equal(Buffer.from(serde.serialize(change) as Uint8Array).toString("hex"), hex);
      assert.deepEqual(
        serde.deserialize(Buffer.from(hex, "hex")),
        new Change(input.newValue, input.oldValue),
      );
    }
  });

  test("are read in all forms that Kafka Streams reads", () => {
    const read = cases.filter(({ format }) => format === "changeDecodeOnly");
    assert.equal(read.length, 8);
    for (const { input, hex } of read) {
      const { newValue, oldValue, isLatest } = input;
      assert.deepEqual(serde.deserialize(Buffer.from(hex, "hex")), new Change(newValue, oldValue, isLatest));
    }
  });

  for (const hex of ["", "6109", "ff02", "7f02", "ffffffffffff02"]) {
    test(`bytes that are none are refused: ${hex}`, () =>
      assert.throws(() => serde.deserialize(Buffer.from(hex, "hex")), { code: "SERDE_REFUSED" }));
  }

  test("a change of nothing has no bytes", () =>
    assert.throws(() => serde.serialize(new Change<unknown>(null, null)), { code: "SERDE_REFUSED" }));
});
