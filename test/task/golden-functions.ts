// The functions of the golden scenarios (recorded from Kafka Streams), as far as they are used.

export interface GoldenFunction {
  readonly fn: string;
  readonly args?: readonly unknown[];
}

type Value = unknown;
type KeyValueFunction = (key: Value, value: Value) => Value;

/** null gives "null", a text itself, an i64 in decimal, JSON its compact text. */
function str(value: Value): string {
  if (typeof value === "string") return value;
  return typeof value === "bigint" ? String(value) : JSON.stringify(value);
}

function same(value: Value, constant: Value): boolean {
  return typeof value === "bigint" ? value === BigInt(constant as number) : value === constant;
}

function thrown(value: Value): never {
  throw new RangeError(`bad value ${str(value)}`);
}

const FUNCTIONS: Readonly<Record<string, (...args: never[]) => KeyValueFunction>> = {
  // predicates
  "value-length-gt": (n: number) => (_key, value) => value !== null && (value as string).length > n,
  "value-gt": (n: number) => (_key, value) => value !== null && (value as bigint) > n,
  "value-is-null": () => (_key, value) => value === null,
  "key-is-null": () => (key) => key === null,
  "throw-if-value-equals": (x: Value) => (_key, value) => (same(value, x) ? thrown(value) : true),
  // value functions
  identity: () => (_key, value) => value,
  upper: () => (_key, value) => value && (value as string).toUpperCase(),
  length: () => (_key, value) => (value === null ? null : BigInt((value as string).length)),
  append: (text: string) => (_key, value) => (value === null ? null : str(value) + text),
  "parse-int": () => (_key, value) => (value === null ? null : BigInt(value as string)),
  "to-string": () => (_key, value) => (value === null ? null : str(value)),
  add: (n: number) => (_key, value) => (value === null ? null : (value as bigint) + BigInt(n)),
  multiply: (n: number) => (_key, value) => (value === null ? null : (value as bigint) * BigInt(n)),
  "null-if-equals": (x: Value) => (_key, value) => (same(value, x) ? null : value),
  "null-to": (x: Value) => (_key, value) => (value === null ? x : value),
  "concat-key-value": (text: string) => (key, value) => str(key) + text + str(value),
  "throw-if-equals": (x: Value) => (_key, value) => (same(value, x) ? thrown(value) : value),
  // key functions, which take a record as well
  key: () => (key) => key,
  value: () => (_key, value) => value,
  null: () => () => null,
};

export function goldenFunction({ fn, args = [] }: GoldenFunction): KeyValueFunction {
  const make = FUNCTIONS[fn];
  if (make === undefined) throw new RangeError(`golden function ${fn} is not known`);
  return make(...(args as never[]));
}
