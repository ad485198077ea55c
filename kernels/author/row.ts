import {
  RUN_BYTES_AT,
  RUN_HEADERS_AT,
  RUN_KEYS_AT,
  RUN_KEY_LENGTHS_AT,
  RUN_ROW_AT,
  RUN_TIMESTAMPS_AT,
  RUN_VALUES_AT,
  RUN_VALUE_LENGTHS_AT,
  TRAP_INDEX,
} from "../abi/kernel-output";
import { KIND_ARRAY, KIND_BOOL, KIND_RAW, KIND_STRING } from "../abi/json-descriptor";
import { sizeOfVarint, varintAt } from "../varint";
import { constantOf, utf8Bytes, utf8Of } from "./constants";
import {
  ARRAY_OF_BOOL,
  ARRAY_OF_NUMBER,
  ARRAY_OF_TEXT,
  OF_ANY,
  OF_NUMBER,
  entryOf,
  f64At,
  i64At,
  placeIn,
  placeOf,
  strideOf,
} from "./fields";
import { burnBytes, stop, word } from "./run";
import { Span, spanOf } from "./span";

/**
 * One record of the batch. Fields of its value are asked for by name (`"address.city"` within an object) and by the
 * type that is wanted; numbers are converted. A field that is null or absent reads as 0, NaN, false or an empty span; `has` tells.
 */
@unmanaged
export class Row {
  /** The key's bytes; none where it is null. */
  @inline
  get key(): Span {
    return part(RUN_KEYS_AT, RUN_KEY_LENGTHS_AT);
  }

  get hasKey(): bool {
    return lengthOf(RUN_KEY_LENGTHS_AT) >= 0;
  }

  /** The value's bytes, as they came. */
  @inline
  get value(): Span {
    return part(RUN_VALUES_AT, RUN_VALUE_LENGTHS_AT);
  }

  get hasValue(): bool {
    return lengthOf(RUN_VALUE_LENGTHS_AT) >= 0;
  }

  /** Milliseconds since the epoch. */
  get timestamp(): i64 {
    return load<i64>(<usize>word(RUN_TIMESTAMPS_AT) + (<usize>word(RUN_ROW_AT) << 3));
  }

  /** The field is there, and not null. */
  @inline
  has(name: string): bool {
    return placeOf(name, OF_ANY) != 0;
  }

  /** A number of any type; integers beyond 2^53 are rounded. */
  @inline
  f64(name: string): f64 {
    const entry = entryOf(name, OF_NUMBER);
    const at = placeIn(entry);
    return at ? f64At(entry, at) : NaN;
  }

  /** A number of any type, without its fraction. */
  @inline
  i64(name: string): i64 {
    const entry = entryOf(name, OF_NUMBER);
    const at = placeIn(entry);
    return at ? i64At(entry, at) : 0;
  }

  i32(name: string): i32 {
    return narrowed(this.i64(name));
  }

  @inline
  bool(name: string): bool {
    const at = placeOf(name, KIND_BOOL);
    return at ? load<u8>(at) != 0 : false;
  }

  @inline
  text(name: string): Span {
    return textAt(placeOf(name, KIND_STRING));
  }

  /** A field that the schema leaves open, as JSON. */
  raw(name: string): Span {
    return textAt(placeOf(name, KIND_RAW));
  }

  /** Elements of an array; `textAt`, `f64At` and so on read them. */
  count(name: string): i32 {
    const at = placeOf(name, KIND_ARRAY);
    return at ? load<i32>(at + load<u32>(at)) : 0;
  }

  textAt(name: string, index: i32): Span {
    return textAt(element(entryOf(name, ARRAY_OF_TEXT), name, index));
  }

  f64At(name: string, index: i32): f64 {
    const entry = entryOf(name, ARRAY_OF_NUMBER);
    return f64At(entry, element(entry, name, index));
  }

  i64At(name: string, index: i32): i64 {
    const entry = entryOf(name, ARRAY_OF_NUMBER);
    return i64At(entry, element(entry, name, index));
  }

  i32At(name: string, index: i32): i32 {
    return narrowed(this.i64At(name, index));
  }

  boolAt(name: string, index: i32): bool {
    return load<u8>(element(entryOf(name, ARRAY_OF_BOOL), name, index)) != 0;
  }

  /** Whether there is a header of this name. */
  hasHeader(name: string): bool {
    return lastHeader(name) != 0;
  }

  /** The last header of this name; no bytes where there is none, or its value is null. */
  header(name: string): Span {
    const at = lastHeader(name);
    if (!at) return spanOf(0, 0);
    const size = sizeOfVarint(at);
    const length = varintAt(at, size);
    return spanOf(at + size, length < 0 ? 0 : length);
  }
}

@inline
function lengthOf(lengths: usize): i32 {
  return load<i32>(<usize>word(lengths) + (<usize>word(RUN_ROW_AT) << 2));
}

@inline
function part(places: usize, lengths: usize): Span {
  const length = lengthOf(lengths);
  const at = <usize>load<u32>(<usize>word(places) + (<usize>word(RUN_ROW_AT) << 2));
  return spanOf(<usize>word(RUN_BYTES_AT) + at, length < 0 ? 0 : length);
}

@inline
function textAt(place: usize): Span {
  if (!place) return spanOf(0, 0);
  const text = place + <usize>load<u32>(place);
  return spanOf(text + 4, load<i32>(text));
}

@inline
function narrowed(number: i64): i32 {
  return <i32>min<i64>(max<i64>(number, i32.MIN_VALUE), i32.MAX_VALUE);
}

function element(entry: usize, name: string, index: i32): usize {
  const at = placeIn(entry);
  if (!at) stop(TRAP_INDEX, changetype<usize>(name));
  const vector = at + <usize>load<u32>(at);
  if (<u32>index >= load<u32>(vector)) stop(TRAP_INDEX, changetype<usize>(name));
  return vector + 4 + <usize>index * strideOf(entry);
}

/** Address of the length of the value of the last header of this name; 0: there is none. */
function lastHeader(name: string): usize {
  const constant = constantOf(name);
  const bytes = <i32>utf8Bytes(constant);
  let at = <usize>word(RUN_BYTES_AT) + <usize>load<u32>(<usize>word(RUN_HEADERS_AT) + (<usize>word(RUN_ROW_AT) << 2));
  let found: usize = 0;
  let size = sizeOfVarint(at);
  let left = varintAt(at, size);
  at += size;
  for (; left > 0; left--) {
    size = sizeOfVarint(at);
    const keyBytes = varintAt(at, size);
    at += size;
    const same = keyBytes == bytes && memory.compare(at, utf8Of(constant), bytes) == 0;
    at += keyBytes;
    if (same) found = at;
    size = sizeOfVarint(at);
    const valueBytes = varintAt(at, size);
    at += size + <usize>(valueBytes < 0 ? 0 : valueBytes);
    burnBytes(64 + <usize>keyBytes);
  }
  return found;
}
