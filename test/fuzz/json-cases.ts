import type {
  ElementSchema,
  FieldSchema,
  ObjectSchema,
  ValueSchema,
} from "../../host/serdes/json/value-schema.ts";
import type { SeededRandom } from "../sim/seeded-random.ts";

const NAMES = [
  ..."abcdefgh",
  "id",
  "name",
  "Name",
  "Postcode",
  "exactly14chars",
  "exactly_15_char",
  "sixteen_chars_xx",
  "a_name_longer_than_thirty_two_bytes_in_all",
  "née",
  "日本語",
  'quote"d',
  "back\\slash",
  "tab\t",
  "",
  "0",
  "12",
  "__proto__",
  "constructor",
  "toString",
  "a/b",
  "\u2028",
  "😀",
];
const TEXTS = [
  "",
  "a",
  "QLD",
  "12 Mf Rd",
  "0123456789abcde",
  "0123456789abcdef",
  "0123456789abcdefg",
  "x".repeat(31),
  "y".repeat(300),
  'say "hi"',
  "back\\slash",
  "tab\there",
  "line\nbreak",
  "\u0000",
  "\u0001\u001f",
  "\u007f",
  "café",
  "Zürich Straße",
  "日本語の住所",
  "😀 smile",
  "\ud83d",
  "\ude00\ud83d",
  "퟿",
  "\u2028",
  "a/b",
  "é".repeat(20),
  '0123456789abcde"',
];
const NUMBERS = [
  "0",
  "-0",
  "1",
  "-1",
  "42",
  "1.5",
  "19.99",
  "0.1",
  "1e21",
  "1e-7",
  "5e-324",
  "2.2250738585072011e-308",
  "1.7976931348623157e308",
  "123456789.123456789",
  "-2.5e3",
  "0.000001",
  "1E+2",
  "100",
  "9007199254740993",
  "9007199254740992.5",
  "123456789012345678901234567890",
  "0.3333333333333333333333333",
  "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273854845817711531764475730270069855571366959622842914819860834936475292719074168444365510704342711559699508093042880",
  "2.4703282292062327208299439e-324",
  "1e400",
  "-1e400",
  "1e-400",
  "4.9406564584124654417656879286822e-324",
  "1e23",
  "8.5e22",
  "9.5e-5",
];
const INTEGERS = [
  "0",
  "-0",
  "1",
  "-1",
  "7",
  "2147483647",
  "-2147483648",
  "9007199254740993",
  "9223372036854775807",
  "-9223372036854775808",
  "12e2",
  "1.0",
  "100e-2",
];
const SPACES = ["", "", "", "", " ", "\n", "\t", "  ", "\r\n  "];

/** A schema of any shape the kernels know. */
export function randomSchema(random: SeededRandom): ValueSchema {
  return random.chance(0.85) ? randomObject(random, 0) : randomValue(random, 0);
}

function randomObject(random: SeededRandom, depth: number): ObjectSchema {
  const wide = depth === 0 && random.chance(0.03);
  const names = new Set<string>();
  const count = wide ? random.whole(60, 90) : random.whole(0, 6);
  while (names.size < count) names.add(wide ? `field${names.size}` : random.pick(NAMES));
  const fields = [...names].map(
    (name): FieldSchema => ({
      name,
      value: randomValue(random, depth + 1),
      optional: random.chance(0.4),
      nullable: random.chance(0.3),
    }),
  );
  return { type: "object", fields, strict: random.chance(0.1) };
}

function randomValue(random: SeededRandom, depth: number): ValueSchema {
  const drawn = random.next();
  if (drawn < 0.35 || (depth > 3 && drawn > 0.72)) return { type: "string" };
  if (drawn < 0.5) {
    const integral = random.chance(0.2);
    return { type: "f64", integral, safe: integral && random.chance(0.5), finite: random.chance(0.2) };
  }
  if (drawn < 0.57) return { type: "i64" };
  if (drawn < 0.63) return { type: "i32" };
  if (drawn < 0.7) return { type: "boolean" };
  if (drawn < 0.73) return { type: "raw" };
  if (drawn < 0.87)
    return {
      type: "array",
      element: { value: randomValue(random, depth + 1), nullable: random.chance(0.2) },
    };
  return randomObject(random, depth + 1);
}

/** JSON text that mostly fits the schema: odd orders, white space, escapes, unknown names, repeated names, nulls. */
export class CaseWriter {
  readonly #random: SeededRandom;
  #spaced = false;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  text(schema: ValueSchema): string {
    this.#spaced = this.#random.chance(0.3);
    return this.#space() + this.#value(schema, false) + this.#space();
  }

  #space(): string {
    return this.#spaced ? this.#random.pick(SPACES) : "";
  }

  #value(schema: ValueSchema, nullable: boolean): string {
    const random = this.#random;
    if (nullable && random.chance(0.3)) return "null";
    if (random.chance(0.004)) return this.#any(0); // of some other type, perhaps
    switch (schema.type) {
      case "string":
        return this.#string(random.pick(TEXTS));
      case "f64":
        return schema.integral ? random.pick(INTEGERS) : this.#number();
      case "i32":
        return random.chance(0.9) ? String(random.whole(-2147483648, 2147483647)) : random.pick(INTEGERS);
      case "i64":
        return random.pick(INTEGERS);
      case "boolean":
        return random.pick(["true", "false"]);
      case "raw":
        return this.#any(0);
      case "array":
        return this.#array(schema.element);
      case "object":
        return this.#object(schema);
    }
  }

  #number(): string {
    const random = this.#random;
    if (random.chance(0.5)) return random.pick(NUMBERS);
    if (random.chance(0.5)) return String((random.next() - 0.5) * 10 ** random.whole(-30, 30));
    return `${random.whole(0, 99999)}.${random.whole(0, 2 ** 53 - 1)}e${random.whole(-330, 310)}`;
  }

  #array(element: ElementSchema): string {
    const items: string[] = [];
    for (let left = this.#random.whole(0, 4); left > 0; left--) {
      items.push(this.#space() + this.#value(element.value, element.nullable ?? false) + this.#space());
    }
    return `[${items.length === 0 ? this.#space() : items.join(",")}]`;
  }

  #object(schema: ObjectSchema): string {
    const random = this.#random;
    const members: string[] = [];
    for (const field of schema.fields) {
      if (field.optional && random.chance(0.3)) continue;
      if (random.chance(0.003)) continue; // absent though it may be required
      members.push(this.#member(field.name, this.#value(field.value, field.nullable ?? false)));
      if (random.chance(0.02))
        members.push(this.#member(field.name, this.#value(field.value, field.nullable ?? false)));
    }
    if (random.chance(0.2)) members.sort(() => random.next() - 0.5);
    if (!schema.strict && random.chance(0.15)) {
      members.splice(
        random.whole(0, members.length),
        0,
        this.#member(random.pick(NAMES) + "?", this.#any(0)),
      );
    }
    return `{${members.length === 0 ? this.#space() : members.join(",")}}`;
  }

  #member(name: string, value: string): string {
    return `${this.#space()}${this.#string(name)}${this.#space()}:${this.#space()}${value}${this.#space()}`;
  }

  #string(text: string): string {
    if (this.#random.chance(0.8)) return JSON.stringify(text);
    let out = "";
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      const hex = unit.toString(16).padStart(4, "0");
      const must = unit < 0x20 || unit === 0x22 || unit === 0x5c || (unit & 0xf800) === 0xd800;
      if (unit === 0x2f && this.#random.chance(0.5)) out += "\\/";
      else if (must || this.#random.chance(0.1))
        out += `\\u${this.#random.chance(0.5) ? hex : hex.toUpperCase()}`;
      else out += text[index];
    }
    return `"${out}"`;
  }

  /** JSON of any shape. */
  #any(depth: number): string {
    const random = this.#random;
    const drawn = random.next();
    if (depth > 3 || drawn < 0.25) return random.pick(NUMBERS);
    if (drawn < 0.45) return this.#string(random.pick(TEXTS));
    if (drawn < 0.6) return random.pick(["true", "false", "null"]);
    const items: string[] = [];
    for (let left = random.whole(0, 3); left > 0; left--) items.push(this.#any(depth + 1));
    if (drawn < 0.8) return `[${items.join(",")}]`;
    return `{${items.map((item) => this.#member(random.pick(NAMES), item)).join(",")}}`;
  }
}

const INSERTED = [
  '"',
  "\\",
  "{",
  "}",
  ",",
  ":",
  " ",
  "\u0001",
  "x",
  "[",
  "]",
  "0",
  "-",
  ".",
  "e",
  "\\u12",
  "\\q",
  "\\ud800",
  "null",
  "tru",
];

/** Cuts, inserts, deletes or overwrites somewhere. */
export function damaged(json: Uint8Array, random: SeededRandom): Uint8Array {
  const at = random.whole(0, json.length);
  const drawn = random.next();
  if (drawn < 0.25) return json.subarray(0, at);
  if (drawn < 0.5)
    return Buffer.concat([json.subarray(0, at), Buffer.from(random.pick(INSERTED)), json.subarray(at)]);
  if (drawn < 0.7) return Buffer.concat([json.subarray(0, at), json.subarray(at + random.whole(1, 3))]);
  if (drawn < 0.9) {
    const changed = Uint8Array.from(json);
    if (at < changed.length) changed[at] = random.whole(0, 255);
    return changed;
  }
  return Buffer.from(
    random.pick([
      "",
      " ",
      "[]",
      "null",
      "1",
      '"s"',
      "{,}",
      '{"a"}',
      '{"a":}',
      "{}{}",
      "\ufeff{}",
      "-",
      "01",
      "1.",
      "1e",
      "[1,]",
      "nul",
    ]),
  );
}
