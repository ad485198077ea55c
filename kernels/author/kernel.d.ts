/**
 * What authors of kernels import from "peridot-streams/kernel", for editors: the kernel build compiles
 * kernels/author/*.ts. Number types (i32, f64 ...) are AssemblyScript's; a folder of kernels has a tsconfig.json:
 *
 *     { "extends": "assemblyscript/std/assembly.json", "include": ["*.ts"] }
 *
 * test/kernel-build/editor.test.ts checks that both agree.
 */

/** Bytes of a record, where they stand: nothing is copied. Text is UTF-8. Valid until the kernel returns. */
export declare class Span {
  private constructor();
  /** In bytes. */
  readonly length: i32;
  /** The byte at `index`, which must be below `length`. */
  byte(index: i32): u8;
  /** Whether these are the bytes of a text. */
  is(text: string): bool;
  equals(other: Span): bool;
  /** Below 0, 0, or above 0, by bytes: for UTF-8 that is by code point. */
  compare(other: Span): i32;
  startsWith(text: string): bool;
  endsWith(text: string): bool;
  /** Where the text stands first, at or behind `from`; -1: nowhere. */
  indexOf(text: string, from?: i32): i32;
  contains(text: string): bool;
  /** The bytes from `from` up to, not including, `to`; both are brought within the span. */
  slice(from: i32, to?: i32): Span;
  /** Without blanks, tabs and line ends at both ends. */
  trim(): Span;
  /** With the letters A to Z as a to z; others are left as they are. */
  lower(): Span;
  /** With the letters a to z as A to Z; others are left as they are. */
  upper(): Span;
  /** The whole span as a decimal integer, as JSON writes numbers; `orElse` where it is none. */
  parseI64(orElse: i64): i64;
  /** The whole span as a number, as JSON writes them; `orElse` where it is none. */
  parseF64(orElse: f64): f64;
  /** What Kafka's Integer serde wrote; 0 where that is not 4 bytes. */
  toI32(): i32;
  /** What Kafka's Long serde wrote; 0 where that is not 8 bytes. */
  toI64(): i64;
  /** What Kafka's Double serde wrote; 0 where that is not 8 bytes. */
  toF64(): f64;
}

/**
 * One record of the batch. Fields of its value are asked for by name (`"address.city"` within an object) and by the
 * type that is wanted; numbers are converted. A field that is null or absent reads as 0, NaN, false or an empty span; `has` tells.
 */
export declare class Row {
  private constructor();
  /** The key's bytes; none where it is null. */
  readonly key: Span;
  readonly hasKey: bool;
  /** The value's bytes, as they came. */
  readonly value: Span;
  readonly hasValue: bool;
  /** Milliseconds since the epoch. */
  readonly timestamp: i64;
  /** The field is there, and not null. */
  has(name: string): bool;
  /** A number of any type; integers beyond 2^53 are rounded. */
  f64(name: string): f64;
  /** A number of any type, without its fraction. */
  i64(name: string): i64;
  i32(name: string): i32;
  bool(name: string): bool;
  text(name: string): Span;
  /** A field that the schema leaves open, as JSON. */
  raw(name: string): Span;
  /** Elements of an array; `textAt`, `f64At` and so on read them. */
  count(name: string): i32;
  textAt(name: string, index: i32): Span;
  f64At(name: string, index: i32): f64;
  i64At(name: string, index: i32): i64;
  i32At(name: string, index: i32): i32;
  boolAt(name: string, index: i32): bool;
  /** Whether there is a header of this name. */
  hasHeader(name: string): bool;
  /** The last header of this name; no bytes where there is none, or its value is null. */
  header(name: string): Span;
}

/**
 * The rows of a batch, for kernels that want to go through them more than once. Which rows come in one batch follows
 * from fetches and measured time: let what you emit not depend on it.
 */
export declare class Batch {
  private constructor();
  readonly rows: i32;
  /** The row of this number, from 0: there is one Row, which is now that one. */
  row(row: i32): Row;
}

/** Writes a key or a value. Each call appends, and the first one after `emit` begins anew. */
export declare class Writer {
  private constructor();
  /** A constant text, as UTF-8. */
  text(text: string): Writer;
  /** Bytes of the record, as they are. */
  span(bytes: Span): Writer;
  byte(byte: u8): Writer;
  /** An integer in decimal digits. */
  integer(number: i64): Writer;
  /** A number as JavaScript and JSON write it; NaN and the infinities as null. */
  number(number: f64): Writer;
  /** As Kafka's Integer serde writes it: 4 bytes, big endian. */
  i32(number: i32): Writer;
  /** As Kafka's Long serde writes it. */
  i64(number: i64): Writer;
  /** As Kafka's Double serde writes it. */
  f64(number: f64): Writer;
  /** No bytes: what is written so far is gone. */
  empty(): Writer;
  /** Null: what is written so far is gone. */
  setNull(): void;
}

/**
 * Writes the record's value as JSON: members by name in an object, elements with `add` in an array, one after the
 * other. `end` closes the innermost; what is still open is closed by `emit`.
 */
export declare class Json {
  private constructor();
  text(name: string, text: Span): Json;
  constant(name: string, text: string): Json;
  /** NaN and the infinities are written as null. */
  f64(name: string, number: f64): Json;
  i64(name: string, number: i64): Json;
  bool(name: string, value: bool): Json;
  /** Bytes that are JSON already: `row.raw`, or a whole value; null where there are none. */
  raw(name: string, json: Span): Json;
  setNull(name: string): Json;
  object(name: string): Json;
  array(name: string): Json;
  addText(text: Span): Json;
  addConstant(text: string): Json;
  addF64(number: f64): Json;
  addI64(number: i64): Json;
  addBool(value: bool): Json;
  addRaw(json: Span): Json;
  addNull(): Json;
  addObject(): Json;
  addArray(): Json;
  end(): Json;
}

/**
 * Where a kernel's records go. A record begins as the row's own: key, value, timestamp and headers stay unless they
 * are written. `emit` may be called any number of times for a row.
 */
export declare class Emitter {
  private constructor();
  readonly key: Writer;
  readonly value: Writer;
  /** Begins the value as a JSON object. */
  json(): Json;
  /** Begins the value as a JSON array. */
  jsonArray(): Json;
  /** The record's timestamp, in milliseconds since the epoch, in place of the row's. */
  timestamp(timestamp: i64): void;
  /** Sends the record on, and begins the next one. */
  emit(): void;
  /**
   * Refuses the row: nothing of it goes on, what was emitted of it before included. The reason becomes that of a bad
   * record, which the application's error settings decide about.
   */
  fail(reason: string): void;
  /** For kernels over a batch: what follows is made of this row. Rows may be left out, and never fall. */
  from(row: i32): void;
}
