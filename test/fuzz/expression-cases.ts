import type { FieldSchema, ObjectSchema } from "../../host/serdes/json/value-schema.ts";
import type { SeededRandom } from "../sim/seeded-random.ts";

/** What arithmetic and comparisons tell apart. */
type Kind = "number" | "integer" | "text" | "flag" | "other";

interface Seen {
  readonly name: string;
  readonly kind: Kind;
  /** How a serde of its values is named; "json" for what has none of its own. */
  readonly type: KeyType;
}

export type KeyType = "string" | "i32" | "i64" | "f64" | "json";

/** A declarative step as a user writes it. */
export type Step =
  | { readonly selectKey: string }
  | { readonly map: { readonly key: string; readonly value: Readonly<Record<string, unknown>> } }
  | { readonly project: Readonly<Record<string, unknown>> }
  | { readonly filter: Readonly<Record<string, unknown>>; readonly keeps: boolean };

// "0" first: objects list names that are numbers before others
const NAMES = [
  "0",
  "a",
  "b",
  "Price",
  "née",
  'quote"d',
  "toString",
  "a_name_longer_than_thirty_two_bytes_in_all",
];
const NEW_NAMES = [
  "x",
  "y",
  "total",
  "constructor",
  "日本語",
  "1",
  "another_name_longer_than_thirty_two_bytes",
];
const KINDS: Readonly<Record<string, Kind>> = {
  f64: "number",
  i32: "number",
  i64: "integer",
  string: "text",
  boolean: "flag",
};
const FIELD_TYPES = ["f64", "f64", "i64", "i64", "i32", "string", "boolean", "raw", "array"] as const;
const OPERATORS = ["add", "subtract", "multiply", "divide", "remainder"];
const COMPARATORS = ["eq", "ne", "lt", "le", "gt", "ge"];

const F64 = [
  "0",
  "-0",
  "1",
  "-1.5",
  "0.1",
  "1e308",
  "-1.7976931348623157e308",
  "5e-324",
  "1e21",
  "1e-7",
  "9007199254740993",
];
const I64 = [
  "0",
  "1",
  "-1",
  "2",
  "9223372036854775807",
  "-9223372036854775808",
  "3037000500",
  "-4294967296",
  "9007199254740993",
];
const I32 = ["0", "1", "-1", "2147483647", "-2147483648", "65536"];
const TEXTS = [
  "",
  "a",
  "ab",
  "QLD",
  "é",
  "😀",
  "\ue000",
  "\ud83d",
  "\ude00",
  "\u0000",
  'say "hi"\\',
  "x".repeat(40),
];
const NUMBERS = [
  0,
  -0,
  1,
  1.1,
  -3,
  2.5,
  1e308,
  5e-324,
  2 ** 53,
  2 ** 63,
  Number.NaN,
  Number.POSITIVE_INFINITY,
];
const INTEGERS = [0n, 1n, -1n, 2n, 10n, 3037000500n, 2n ** 63n - 1n, -(2n ** 63n)];

/** Random rows, and declarative steps over them whose types are right. */
export class ExpressionCase {
  readonly schema: ObjectSchema;
  readonly steps: readonly Step[];
  /** The serde of the key at the end. */
  readonly keyType: KeyType;
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
    const names = NAMES.filter(() => random.chance(0.7));
    const fields = (names.length === 0 ? ["a"] : names).map((name) => this.#field(name));
    this.schema = { type: "object", fields };
    let seen = fields.map(
      ({ name, value: { type } }): Seen => ({ name, kind: KINDS[type] ?? "other", type: keyTypeOf(type) }),
    );
    this.keyType = "string";
    const steps: Step[] = [];
    for (let left = random.whole(1, 5); left > 0; left--) {
      if (random.chance(0.2)) {
        const { name: key, type } = random.pick(seen);
        this.keyType = type;
        if (random.chance(0.5)) steps.push({ selectKey: key });
        else {
          const [value, next] = this.#projection(seen);
          steps.push({ map: { key, value } });
          seen = next;
        }
      } else if (random.chance(0.5)) {
        const [project, next] = this.#projection(seen);
        steps.push({ project });
        seen = next;
      } else {
        const filter = this.#condition(seen);
        if (Object.keys(filter).length > 0) steps.push({ filter, keeps: random.chance(0.5) });
      }
    }
    this.steps = steps;
  }

  /** A row's JSON; null: a tombstone. */
  row(): string | null {
    const random = this.#random;
    if (random.chance(0.02)) return null;
    const members = this.schema.fields.flatMap((field) => {
      if (field.optional && random.chance(0.2)) return [];
      return [`${JSON.stringify(field.name)}:${this.#json(field)}`];
    });
    return `{${members.join(",")}}`;
  }

  #field(name: string): FieldSchema {
    const random = this.#random;
    const type = random.pick(FIELD_TYPES);
    const value = type === "array" ? ({ type, element: { value: { type: "f64" } } } as const) : { type };
    return { name, value, optional: random.chance(0.3), nullable: random.chance(0.3) };
  }

  #json({ value, nullable }: FieldSchema): string {
    const random = this.#random;
    if (nullable && random.chance(0.2)) return "null";
    switch (value.type) {
      case "f64":
        return random.chance(0.5) ? random.pick(F64) : String((random.next() - 0.5) * 1000);
      case "i64":
        return random.chance(0.6) ? random.pick(I64) : String(random.whole(-1000, 1000));
      case "i32":
        return random.pick(I32);
      case "string":
        return JSON.stringify(random.pick(TEXTS));
      case "boolean":
        return String(random.chance(0.5));
      case "array":
        return "[1,2.5]";
      default:
        return random.pick(["null", "1", '"t"', '{"in":[true]}']);
    }
  }

  #projection(seen: readonly Seen[]): [Record<string, unknown>, Seen[]] {
    const random = this.#random;
    const names = [
      ...new Set(Array.from({ length: random.whole(1, 5) }, () => random.pick([...NEW_NAMES, ...NAMES]))),
    ];
    const next: Seen[] = [];
    const members = names.map((name): [string, unknown] => {
      const chosen = random.pick(["field", "constant", "number", "integer", "number", "integer"] as const);
      if (chosen === "constant") {
        const constant = this.#constant(random.pick(["number", "integer", "text", "flag", "other"] as const));
        next.push({ name, ...seenOf(constant) });
        return [name, { constant }];
      }
      if (chosen === "field") {
        const field = random.pick(seen);
        next.push({ ...field, name });
        return [name, field.name];
      }
      next.push({ name, kind: chosen, type: chosen === "number" ? "f64" : "i64" });
      return [name, this.#arithmetic(chosen, seen, 3)];
    });
    // as an object lists its members: names that are numbers first
    return [Object.fromEntries(members), next];
  }

  #arithmetic(kind: "number" | "integer", seen: readonly Seen[], depth: number): unknown {
    const random = this.#random;
    const operands = Array.from({ length: random.chance(0.2) ? 3 : 2 }, () => {
      const fields = seen.filter((field) => field.kind === kind);
      if (depth > 1 && random.chance(0.4)) return this.#arithmetic(kind, seen, depth - 1);
      return fields.length === 0 || random.chance(0.25) ? this.#constant(kind) : random.pick(fields).name;
    });
    return { [random.pick(OPERATORS)]: operands };
  }

  #constant(kind: Kind): string | number | bigint | boolean | null {
    const random = this.#random;
    switch (kind) {
      case "number":
        return random.pick(NUMBERS);
      case "integer":
        return random.pick(INTEGERS);
      case "text":
        return random.pick(TEXTS);
      case "flag":
        return random.chance(0.5);
      case "other":
        return null;
    }
  }

  #condition(seen: readonly Seen[]): Record<string, unknown> {
    const random = this.#random;
    const fields = seen.filter(({ kind }) => kind !== "other" && random.chance(0.4));
    return Object.fromEntries(fields.map(({ name, kind }) => [name, this.#comparisons(kind, seen)]));
  }

  #comparisons(kind: Kind, seen: readonly Seen[]): unknown {
    const random = this.#random;
    const names = COMPARATORS.filter((_, index) => (kind !== "flag" || index < 2) && random.chance(0.3));
    if (names.length === 0) return random.chance(0.2) ? null : this.#constant(kind);
    return Object.fromEntries(
      names.map((name) => {
        const others = seen.filter((field) => field.kind === kind);
        if (random.chance(0.3)) return [name, { field: random.pick(others).name }];
        if ((kind === "number" || kind === "integer") && random.chance(0.4)) {
          return [name, this.#arithmetic(kind, seen, 2)];
        }
        if ((name === "eq" || name === "ne") && random.chance(0.2)) return [name, null];
        // a number may be compared with an integer by its value
        return [name, this.#constant(kind === "integer" && random.chance(0.3) ? "number" : kind)];
      }),
    );
  }
}

function keyTypeOf(type: string): KeyType {
  return type === "string" || type === "i32" || type === "i64" || type === "f64" ? type : "json";
}

function seenOf(constant: unknown): Omit<Seen, "name"> {
  switch (typeof constant) {
    case "number":
      return { kind: "number", type: "f64" };
    case "bigint":
      return { kind: "integer", type: "i64" };
    case "string":
      return { kind: "text", type: "string" };
    default:
      return { kind: typeof constant === "boolean" ? "flag" : "other", type: "json" };
  }
}
