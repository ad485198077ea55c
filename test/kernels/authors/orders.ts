import { Batch, Emitter, Row } from "peridot-streams/kernel";
import { isLarge, twice } from "./prices";

const VAT: f64 = 0.19;

enum Size {
  Small,
  Large,
}

/** Everything of a record, unchanged. */
export function same(row: Row, out: Emitter): void {
  out.emit();
}

/** A new key, a JSON value of fields of every type. */
export function priced(row: Row, out: Emitter): void {
  out.key.span(row.text("name").trim().upper());
  const json = out.json();
  json.text("name", row.text("name")).f64("gross", row.f64("price") * (1 + VAT));
  json.i64("count", row.i64("count")).bool("paid", row.bool("paid")).i64("small", row.i32("small"));
  json.object("address").text("city", row.text("address.city")).bool("known", row.has("address.city")).end();
  json.array("tags");
  for (let i = 0; i < row.count("tags"); i++) json.addText(row.textAt("tags", i));
  json.end().constant("size", sizeOf(row) == Size.Large ? "large \"L\"" : "small").raw("extra", row.raw("extra"));
  if (!row.has("price")) json.setNull("price");
  out.emit();
}

function sizeOf(row: Row): Size {
  return isLarge(twice(row.f64("price"))) ? Size.Large : Size.Small;
}

/** As many records as the count says: the n-th has its number as key. */
export function fan(row: Row, out: Emitter): void {
  const count = <i32>row.value.parseI64(0);
  for (let i = 0; i < count; i++) {
    out.key.integer(i);
    out.emit();
  }
}

/** Refuses what is no number, after it has emitted something. */
export function numbers(row: Row, out: Emitter): void {
  out.value.text("seen ").span(row.value);
  out.emit();
  const number = row.value.parseF64(NaN);
  if (isNaN(number)) {
    out.fail("not a number");
    return;
  }
  out.value.number(number * 2);
  out.timestamp(row.timestamp + 1000);
  out.emit();
}

/** Keys and values that are null, or not, swapped. */
export function swapped(row: Row, out: Emitter): void {
  if (row.hasValue) out.key.span(row.value);
  else out.key.setNull();
  if (row.hasKey) out.value.span(row.key);
  else out.value.setNull();
  out.emit();
}

export function headers(row: Row, out: Emitter): void {
  out.key.span(row.header("kind"));
  out.value.text(row.hasHeader("kind") ? "yes" : "no");
  out.emit();
}

/** Kafka's binary numbers. */
export function binary(row: Row, out: Emitter): void {
  out.key.i64(row.key.toI64() + 1);
  out.value.f64(row.value.toF64() / 2);
  out.emit();
  out.key.i32(<i32>row.key.toI64());
  out.value.empty();
  out.emit();
}

/** What Span can tell. */
export function told(row: Row, out: Emitter): void {
  const value = row.value;
  out.value
    .integer(value.length)
    .text(value.is("grüße") ? " is" : " is not")
    .text(value.startsWith("gr") ? " starts" : "")
    .text(value.endsWith("e") ? " ends" : "")
    .text(value.contains("üß") ? " contains" : "")
    .text(" at ")
    .integer(value.indexOf("e"))
    .text(" ")
    .integer(value.compare(row.key) < 0 ? -1 : value.compare(row.key) > 0 ? 1 : 0)
    .text(value.equals(row.key) ? " equal " : " differs ")
    .span(value.slice(1, 3).lower());
  if (value.length > 0) out.value.byte(value.byte(0));
  out.emit();
}

/** Each row with the number of rows behind it that have its key: needs the whole batch. */
export function later(batch: Batch, out: Emitter): void {
  for (let i = 0; i < batch.rows; i++) {
    const key = batch.row(i).key;
    let count = 0;
    for (let j = i + 1; j < batch.rows; j++) count += i32(batch.row(j).key.equals(key));
    out.from(i);
    if (count > 2) out.fail("too many");
    out.value.integer(count);
    out.emit();
  }
}

/** Makes a value of so many bytes as the row's value says. */
export function large(row: Row, out: Emitter): void {
  const bytes = row.value.parseI64(0);
  for (let i: i64 = 0; i < bytes; i += 16) out.value.text("0123456789abcdef");
  out.emit();
}

export function largeBatch(batch: Batch, out: Emitter): void {
  for (let i = 0; i < batch.rows; i++) {
    const bytes = batch.row(i).value.parseI64(0);
    out.from(i);
    for (let j: i64 = 0; j < bytes; j += 16) out.value.text("0123456789abcdef");
    out.emit();
  }
}

/** Misbehaves as the value says. */
export function naughty(row: Row, out: Emitter): void {
  const value = row.value;
  if (value.is("hang")) while (true) {}
  if (value.is("recurse")) recurse(0);
  if (value.is("assert")) assert(false, "a mistake");
  if (value.is("divide")) out.value.integer(1 / (value.length - 6));
  if (value.is("index")) out.value.byte(value.byte(99));
  if (value.is("json")) out.json().array("a").i64("b", 1);
  if (value.is("end")) out.json().end().end();
  if (value.is("from")) out.from(0);
  if (value.is("spans")) for (let i = 0; i < 100000; i++) value.slice(1);
  if (value.is("copy")) for (let i = 0; i < 1000000; i++) value.upper();
  out.emit();
}

function recurse(depth: i32): i32 {
  return recurse(depth + 1) + recurse(depth + 2);
}

export function falls(batch: Batch, out: Emitter): void {
  out.from(1);
  out.from(0);
}

export function nowhere(batch: Batch, out: Emitter): void {
  out.emit();
}

export function unknownField(row: Row, out: Emitter): void {
  if (row.f64("prize") > 0) out.emit();
}

export function mistypedField(row: Row, out: Emitter): void {
  if (row.bool("price")) out.emit();
}

export function mistypedElement(row: Row, out: Emitter): void {
  if (row.f64At("tags", 0) > 0) out.emit();
}

export function noArray(row: Row, out: Emitter): void {
  if (row.count("name") > 0) out.emit();
}

/** As it came, in a kernel that cannot say at which row it traps. */
export function batchNaughty(batch: Batch, out: Emitter): void {
  for (let i = 0; i < batch.rows; i++) {
    assert(!batch.row(i).value.is("poison"), "poison");
    out.from(i);
    if (batch.row(i).value.is("refused")) out.fail("not this one");
    out.emit();
  }
}
