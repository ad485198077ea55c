import { Windowed } from "../../host/index.ts";
import { asValue, equals, fieldOf, integer, Json, plain, str, type Value } from "./golden-values.ts";
import type { FunctionName } from "./scenario.ts";

// The functions of FORMAT.md, by name. Each takes its arguments and gives a function of key and value.

export type KeyValueFunction<R> = (key: Value, value: Value) => R;
type Library<R> = Readonly<Record<string, (...args: never[]) => KeyValueFunction<R>>>;

function find<R>(library: Library<R>, kind: string, { fn, args = [] }: FunctionName): KeyValueFunction<R> {
  const make = Object.hasOwn(library, fn) ? library[fn] : undefined;
  if (make === undefined) throw new RangeError(`FORMAT.md has no ${kind} "${fn}"`);
  return make(...(args as never[]));
}

export const predicate = (named: FunctionName) => find(PREDICATES, "predicate", named);
export const valueFunction = (named: FunctionName) => find(VALUE_FUNCTIONS, "value function", named);
export const keyFunction = (named: FunctionName) => find(KEY_FUNCTIONS, "key function", named);
export const flatMapFunction = (named: FunctionName) => find(FLAT_MAPS, "flatMap function", named);
export const flatMapValuesFunction = (named: FunctionName) =>
  find(FLAT_MAPS_OF_VALUES, "flatMapValues function", named);

/** Adds a value to an aggregate. */
export type Reducer = (aggregate: Value, value: Value) => Value;
/** The same with the key. */
export type Aggregator = (key: Value, value: Value, aggregate: Value) => Value;

export function reducer({ fn, args = [] }: FunctionName): Reducer {
  const make = Object.hasOwn(REDUCERS, fn) ? REDUCERS[fn] : undefined;
  if (make === undefined) throw new RangeError(`FORMAT.md has no reducer "${fn}"`);
  return make(...(args as never[]));
}

export function aggregator({ fn, args = [] }: FunctionName): Aggregator {
  const make = Object.hasOwn(AGGREGATORS, fn) ? AGGREGATORS[fn] : undefined;
  if (make === undefined) throw new RangeError(`FORMAT.md has no aggregator "${fn}"`);
  return make(...(args as never[]));
}

function thrown(value: Value): never {
  throw new RangeError(`${str(value)} is the value to throw for`);
}

/** Makes one aggregate of two. */
export type Merger = (key: Value, one: Value, other: Value) => Value;

export function merger({ fn, args = [] }: FunctionName): Merger {
  const make = Object.hasOwn(MERGERS, fn) ? MERGERS[fn] : undefined;
  if (make === undefined) throw new RangeError(`FORMAT.md has no session merger "${fn}"`);
  return make(...(args as never[]));
}

/** Makes a value of two. */
export type Joiner = (key: Value, left: Value, right: Value) => Value;

export function joiner({ fn, args = [] }: FunctionName): Joiner {
  const make = Object.hasOwn(JOINERS, fn) ? JOINERS[fn] : undefined;
  if (make === undefined) throw new RangeError(`FORMAT.md has no joiner "${fn}"`);
  return make(...(args as never[]));
}

/** A null value gives false. */
const ofPresent =
  (holds: (value: NonNullable<Value>) => boolean): KeyValueFunction<boolean> =>
  (_key, value) =>
    value !== null && holds(value);

const isInteger = (field: unknown): field is number => Number.isSafeInteger(field);

const PREDICATES: Library<boolean> = {
  "value-length-gt": (length: number) => ofPresent((value) => str(value).length > length),
  "value-equals": (constant: unknown) => ofPresent((value) => equals(value, constant)),
  "value-contains": (text: string) => ofPresent((value) => str(value).includes(text)),
  "value-gt": (bound: number) => ofPresent((value) => integer(value) > BigInt(bound)),
  "value-even": () => ofPresent((value) => integer(value) % 2n === 0n),
  "json-field-gt": (name: string, bound: number) =>
    ofPresent((value) => {
      const field = fieldOf(value, name);
      return isInteger(field) && field > bound;
    }),
  "json-field-equals": (name: string, constant: unknown) =>
    ofPresent((value) => {
      const field = fieldOf(value, name);
      return field !== undefined && equals(asValue(field), constant);
    }),
  "value-is-null": () => (_key, value) => value === null,
  "key-is-null": () => (key) => key === null,
  "key-equals": (constant: unknown) => (key) => equals(key, constant),
  always: () => () => true,
  never: () => () => false,
  "throw-if-value-equals": (constant: unknown) => (_key, value) =>
    value !== null && equals(value, constant) ? thrown(value) : true,
};

/** Null in, null out. */
const kept =
  (make: (value: NonNullable<Value>) => Value): KeyValueFunction<Value> =>
  (_key, value) =>
    value === null ? null : make(value);

const I64_BITS = 64;
const wrapped = (sum: bigint): bigint => BigInt.asIntN(I64_BITS, sum);

/** Java's Long.parseLong. */
function parsedLong(text: string): bigint {
  if (!/^[+-]?\d+$/.test(text)) throw new RangeError(`"${text}" is no integer`);
  const value = BigInt(text.replace("+", ""));
  if (wrapped(value) !== value) throw new RangeError(`${text} has no room in 64 bits`);
  return value;
}

const VALUE_FUNCTIONS: Library<Value> = {
  identity: () => kept((value) => value),
  upper: () => kept((value) => str(value).toUpperCase()),
  lower: () => kept((value) => str(value).toLowerCase()),
  length: () => kept((value) => BigInt(str(value).length)),
  append: (text: string) => kept((value) => str(value) + text),
  prepend: (text: string) => kept((value) => text + str(value)),
  "parse-int": () => kept((value) => parsedLong(str(value))),
  "to-string": () => kept(str),
  add: (number: number) => kept((value) => wrapped(integer(value) + BigInt(number))),
  multiply: (number: number) => kept((value) => wrapped(integer(value) * BigInt(number))),
  "json-field": (name: string) => kept((value) => asValue(fieldOf(value, name))),
  "wrap-json": (name: string) => kept((value) => new Json({ [name]: plain(value) })),
  "null-if-equals": (constant: unknown) => kept((value) => (equals(value, constant) ? null : value)),
  "throw-if-equals": (constant: unknown) =>
    kept((value) => (equals(value, constant) ? thrown(value) : value)),
  constant: (constant: unknown) => () => asValue(constant),
  null: () => () => null,
  key: () => (key) => key,
  "null-to": (constant: unknown) => (_key, value) => value ?? asValue(constant),
  "concat-key-value": (text: string) => (key, value) => str(key) + text + str(value),
};

/** The text before the first `mark`; null without one. */
function before(text: string, mark: string): string | null {
  const at = text.indexOf(mark);
  return at < 0 ? null : text.slice(0, at);
}

const KEY_FUNCTIONS: Library<Value> = {
  key: () => (key) => key,
  value: () => (_key, value) => value,
  "value-prefix": (length: number) => kept((value) => str(value).slice(0, length)),
  "key-prefix": (length: number) => (key) => (key === null ? null : str(key).slice(0, length)),
  "value-before": (mark: string) => kept((value) => before(str(value), mark)),
  constant: (constant: unknown) => () => asValue(constant),
  null: () => () => null,
  "null-if-value-equals": (constant: unknown) => (key, value) =>
    value !== null && equals(value, constant) ? null : key,
  "upper-key": () => (key) => (key === null ? null : str(key).toUpperCase()),
  "json-field": (name: string) => kept((value) => asValue(fieldOf(value, name))),
  "str-key": () => (key) => str(key),
  "inner-key": () => (key) => (key instanceof Windowed ? key.key : key),
  "value-length": () => kept((value) => BigInt(str(value).length)),
};

/** Split at spaces, empty ones left out; null has none. */
function words(value: Value): readonly string[] {
  return value === null
    ? []
    : str(value)
        .split(" ")
        .filter((word) => word !== "");
}

const counted = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

const FLAT_MAPS: Library<readonly (readonly [Value, Value])[]> = {
  "words-as-keys": () => (key, value) => words(value).map((word) => [word, key]),
  "words-with-one": () => (_key, value) => words(value).map((word) => [word, 1n]),
  duplicate: (count: number) => (key, value) => counted(count, (index) => [key, `${str(value)}#${index}`]),
};

const FLAT_MAPS_OF_VALUES: Library<readonly Value[]> = {
  "split-words": () => (_key, value) => words(value),
  repeat: (count: number) => (_key, value) => counted(count, () => value),
  "value-then-null": () => (_key, value) => [value, null],
  "key-and-value": () => (key, value) => [str(key), str(value)],
};

/** Null counts as 0 in numbers. */
const number = (value: Value): bigint => (value === null ? 0n : integer(value));
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const sum = (a: Value, b: Value): bigint => wrapped(number(a) + number(b));
const sumNullAt = (limit: number, a: Value, b: Value): Value => {
  const total = sum(a, b);
  return total === BigInt(limit) ? null : total;
};

const REDUCERS: Readonly<Record<string, (...args: never[]) => Reducer>> = {
  sum: () => sum,
  sub: () => (aggregate, value) => wrapped(number(aggregate) - number(value)),
  max: () => (aggregate, value) => larger(number(aggregate), number(value)),
  min: () => (aggregate, value) => smaller(number(aggregate), number(value)),
  concat: (text: string) => (aggregate, value) => str(aggregate) + text + str(value),
  first: () => (aggregate) => aggregate,
  last: () => (_aggregate, value) => value,
  "sum-null-at": (limit: number) => (aggregate, value) => sumNullAt(limit, aggregate, value),
  null: () => () => null,
};

const listOf = (aggregate: Value): unknown[] =>
  aggregate instanceof Json && Array.isArray(aggregate.value) ? [...aggregate.value] : [];

const AGGREGATORS: Readonly<Record<string, (...args: never[]) => Aggregator>> = {
  count: () => (_key, _value, aggregate) => wrapped(number(aggregate) + 1n),
  uncount: () => (_key, _value, aggregate) => wrapped(number(aggregate) - 1n),
  sum: () => (_key, value, aggregate) => sum(aggregate, value),
  sub: () => (_key, value, aggregate) => wrapped(number(aggregate) - number(value)),
  max: () => (_key, value, aggregate) =>
    aggregate === null ? value : larger(number(aggregate), number(value)),
  "sum-length": () => (_key, value, aggregate) => wrapped(number(aggregate) + BigInt(str(value).length)),
  concat: (text: string) => (_key, value, aggregate) => str(aggregate) + text + str(value),
  "concat-key": (text: string) => (key, value, aggregate) => str(aggregate) + text + str(key) + str(value),
  collect: () => (_key, value, aggregate) => new Json([...listOf(aggregate), plain(value)]),
  uncollect: () => (_key, value, aggregate) => {
    const list = listOf(aggregate);
    const at = list.findIndex((each) => equals(value, each));
    if (at >= 0) list.splice(at, 1);
    return new Json(list);
  },
  "sum-null-at": (limit: number) => (_key, value, aggregate) => sumNullAt(limit, aggregate, value),
  null: () => () => null,
  "throw-if-value-equals": (constant: unknown) => (_key, value, aggregate) =>
    equals(value, constant) ? thrown(value) : wrapped(number(aggregate) + 1n),
};

const MERGERS: Readonly<Record<string, (...args: never[]) => Merger>> = {
  sum: () => (_key, one, other) => sum(one, other),
  max: () => (_key, one, other) => larger(number(one), number(other)),
  concat: (text: string) => (_key, one, other) => str(one) + text + str(other),
  "concat-arrays": () => (_key, one, other) => new Json([...listOf(one), ...listOf(other)]),
};

const JOINERS: Readonly<Record<string, (...args: never[]) => Joiner>> = {
  concat: (text: string) => (_key, left, right) => str(left) + text + str(right),
  "concat-key": (text: string) => (key, left, right) => `${str(key)}:${str(left)}${text}${str(right)}`,
  sum: () => (_key, left, right) => sum(left, right),
  left: () => (_key, left) => left,
  right: () => (_key, _left, right) => right,
  pair: () => (_key, left, right) => new Json({ l: plain(left), r: plain(right) }),
  "null-if-right-equals": (constant: unknown) => (_key, left, right) =>
    right !== null && equals(right, constant) ? null : `${str(left)}+${str(right)}`,
};
