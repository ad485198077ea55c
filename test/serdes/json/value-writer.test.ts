import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeValue } from "../../../host/serdes/json/encode-value.ts";
import { newValueWriter } from "../../../host/serdes/json/value-writer.ts";
import type { WriteValue } from "../../../host/topology/serde.ts";
import { SeededRandom } from "../../sim/seeded-random.ts";

const COUNT = Number(process.env.FUZZ_COUNT ?? 20_000);
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const AT = 3;

/** What the writer wrote; undefined: it left the value to encodeValue. */
function textOf(write: WriteValue, value: unknown, room = 16): string | undefined {
  for (let bytes = room; ; ) {
    const target = Buffer.alloc(AT + bytes, 0x23);
    const end = write(value, target, AT);
    if (end > 0) {
      assert.ok(end <= target.length);
      assert.equal(target.toString("latin1", 0, AT), "###");
      return target.toString("utf8", AT, end);
    }
    if (end === 0) return undefined;
    bytes += -end;
  }
}

const TEXTS = [
  "",
  "plain",
  'quo"te',
  "back\\slash",
  "line\nbreak",
  "\u0000\u001f\u007f\u0080",
  "café",
  "東京",
  "🚀",
  "\ud83d",
  "\ude80\ud83d",
  "\u2028\u2029",
  "</script>",
  "long ".repeat(50),
  `long ${"é".repeat(40)}`,
];
const NUMBERS = [0, -0, 1, 9, 10, 99, 100, -1, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 1e21, 1e-7, 0.1, 5e-324];
const NAMES = ["a", "name", "", "__proto__", "1", "0", 'q"uote', "ключ", "\ud800", "constructor", "toString"];

class Hostile {
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  #pick<T>(all: readonly T[]): T {
    return all[this.#random.whole(0, all.length - 1)]!;
  }

  text(): string {
    return this.#random.chance(0.5) ? this.#pick(TEXTS) : this.#pick(TEXTS) + this.#pick(TEXTS);
  }

  member(depth: number): unknown {
    switch (this.#random.whole(0, depth > 2 ? 8 : 15)) {
      case 0:
      case 1:
      case 2:
        return this.text();
      case 3:
        return this.#pick(NUMBERS);
      case 4:
        return this.#pick([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
      case 5:
        return this.#random.whole(0, 1_000_000_000 - 1);
      case 6:
        return this.#pick([true, false, null]);
      case 7:
        return this.#pick([undefined, Symbol("s"), () => 1, 12345678901234567890n, -3n]);
      case 8:
        return this.#random.whole(0, 1e6 - 1) / 7;
      case 9:
        return new Date(this.#random.whole(0, 1e9 - 1));
      case 10:
        return [this.member(depth + 1), this.member(depth + 1)];
      case 11:
        return { toJSON: (name: string) => `as ${name}` };
      case 12:
        return this.#pick([
          Object("boxed"),
          Object(5),
          Object(false),
          new Map([[1, 2]]),
          Uint8Array.of(1, 2),
        ]);
      default:
        return this.object(this.#names(), depth + 1);
    }
  }

  #names(): string[] {
    return Array.from({ length: this.#random.whole(0, 4 - 1) }, () => this.#pick(NAMES));
  }

  object(names: readonly string[], depth = 0): object {
    const made: Record<PropertyKey, unknown> = this.#random.chance(0.9)
      ? {}
      : (this.#pick([[], Object.create(null), new Plain()]) as unknown as Record<PropertyKey, unknown>);
    for (const name of names) {
      const member = this.member(depth);
      const descriptor = this.#random.chance(0.95)
        ? { value: member, writable: true }
        : { get: () => member };
      const enumerable = this.#random.chance(0.97);
      Object.defineProperty(made, name, { ...descriptor, enumerable, configurable: true });
    }
    const instead = this.text();
    if (this.#random.chance(0.03)) made.toJSON = () => ({ instead });
    if (this.#random.chance(0.03)) made[Symbol("hidden")] = 1;
    if (this.#random.chance(0.03) && names.length > 0) delete made[names[0]!];
    return this.#random.chance(0.02) ? new Proxy(made, {}) : made;
  }
}

class Plain {
  get computed(): number {
    return 1;
  }
}

test(`${COUNT} hostile objects: the bytes of encodeValue, or left to it`, () => {
  const random = new SeededRandom(SEED);
  const hostile = new Hostile(random);
  let written = 0;
  for (let done = 0; done < COUNT; ) {
    const write = newValueWriter();
    const names = NAMES.filter(() => random.chance(0.4));
    for (let index = 0; index < 100; index++, done++) {
      const value = hostile.object(random.chance(0.9) ? names : [...names].reverse());
      const text = textOf(write, value, random.whole(0, 200 - 1));
      if (text === undefined) continue;
      written++;
      assert.equal(text, encodeValue(value), `seed ${SEED}, case ${done}`);
    }
  }
  assert.ok(written > COUNT / 4, `${written} written`);
});

test("an object of the usual kind is written, the first one included", () => {
  const write = newValueWriter();
  for (const value of [
    { name: "a", count: 1, on: true, none: null, "1": "x" },
    { name: 'é"', count: 1.5, on: false, none: undefined, "1": "" },
  ]) {
    assert.equal(textOf(write, value), JSON.stringify(value));
  }
  assert.equal(textOf(write, { nested: { list: [1, { a: 2n }] } }), '{"nested":{"list":[1,{"a":2}]}}');
  assert.equal(textOf(write, { id: 2n ** 70n }), `{"id":${2n ** 70n}}`);
  assert.equal(textOf(write, { only: undefined }), "{}");
});

test("what is no plain object is left to encodeValue", () => {
  const write = newValueWriter();
  assert.equal(textOf(write, { a: 1 }), '{"a":1}');
  const others = [null, undefined, "text", 1, 1n, [1], new Date(0), Object.assign([], { a: 1 }), () => 1];
  for (const other of others) assert.equal(textOf(write, other), undefined);
  assert.equal(textOf(write, Object.assign(Object.create({ a: 2 }), { a: 1 })), undefined);
  assert.equal(textOf(write, { a: 1, toJSON: () => 2 }), undefined);
});

test("an enumerable property or a toJSON of every object is seen", () => {
  const write = newValueWriter();
  assert.equal(textOf(write, { a: 1 }), '{"a":1}');
  for (const name of ["toJSON", "added"]) {
    Object.defineProperty(Object.prototype, name, {
      value: () => "every",
      enumerable: true,
      configurable: true,
    });
    try {
      assert.equal(textOf(write, { a: 1 }), undefined, name);
    } finally {
      delete (Object.prototype as Record<string, unknown>)[name];
    }
  }
});

test("keys that come from records end neither in endless code nor in wrong bytes", () => {
  const write = newValueWriter();
  let written = 0;
  for (let index = 0; index < 20_000; index++) {
    const value = { [`key${index}`]: index };
    const text = textOf(write, value, 100);
    if (text === undefined) continue;
    written++;
    assert.equal(text, JSON.stringify(value));
  }
  assert.equal(written, 32);
});
