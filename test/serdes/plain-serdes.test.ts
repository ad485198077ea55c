import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { bytes, f64, i32, i64, json, string } from "../../host/serdes/index.ts";
import type { AnySerde } from "../../host/topology/serde.ts";

interface SerdeCase {
  readonly format: string;
  readonly input: { readonly value: string | number | null };
  readonly hex: string | null;
}

const file = new URL("../golden/bytes/serdes.json", import.meta.url);
const golden: readonly SerdeCase[] = JSON.parse(readFileSync(file, "utf8")).cases;

const SERDES: ReadonlyMap<string, readonly [AnySerde, (input: string | number) => unknown]> = new Map([
  ["string", [string, (input: string | number) => String(input)]],
  ["integer", [i32, (input: string | number) => Number(input)]],
  ["long", [i64, (input: string | number) => BigInt(input)]],
  ["double", [f64, (input: string | number) => Number(input)]],
  ["byteArray", [bytes, (input: string | number) => Uint8Array.from(Buffer.from(String(input), "hex"))]],
] as const);

for (const [format, [serde, read]] of SERDES) {
  test(`${serde.name} reads and writes the bytes of Kafka's ${format} serde`, () => {
    const cases = golden.filter(
      (each) => each.format === format && each.hex !== null && each.input.value !== null,
    );
    assert.ok(cases.length > 0, `golden cases of ${format}`);
    for (const each of cases) {
      const value = read(each.input.value!);
      assert.equal(Buffer.from(serde.serialize(value)).toString("hex"), each.hex);
      assert.deepEqual(serde.deserialize(Buffer.from(each.hex!, "hex")), value);
    }
  });
}

const refused = { code: "SERDE_REFUSED", kind: "record" };

test("numbers of the wrong width are refused", () => {
  assert.throws(() => i32.deserialize(Buffer.alloc(3)), refused);
  assert.throws(() => i64.deserialize(Buffer.alloc(4)), refused);
  assert.throws(() => f64.deserialize(Buffer.alloc(9)), refused);
});

test("values of another type are refused, not converted", () => {
  assert.throws(() => string.serialize(1 as never), refused);
  assert.throws(() => bytes.serialize("a" as never), refused);
  assert.throws(() => i32.serialize(2 ** 31), refused);
  assert.throws(() => i32.serialize(0.5), refused);
  assert.throws(() => i64.serialize(1 as never), refused);
  assert.throws(() => i64.serialize(2n ** 63n), refused);
  assert.throws(() => f64.serialize("1" as never), refused);
});

test("untyped JSON refuses undefined, malformed text and malformed UTF-8", () => {
  const serde = json<unknown>();
  assert.throws(() => serde.serialize(undefined), refused);
  assert.throws(() => serde.deserialize(Buffer.from("{}x")), SyntaxError);
  assert.throws(() => serde.deserialize(Buffer.from([0x22, 0xff, 0x22])), TypeError);
  assert.deepEqual(serde.deserialize(Buffer.from('{"a":[1,null]}')), { a: [1, null] });
});

test("lone surrogates are written as ?, as Java's String#getBytes does", () => {
  assert.equal(Buffer.from(string.serialize("a\ud83d")).toString("latin1"), "a?");
  assert.equal(
    Buffer.from(string.serialize("\udc00\u{1f600}\ud800\ud800z")).toString("hex"),
    "3ff09f98803f3f7a",
  );
});
