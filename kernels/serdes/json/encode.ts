import {
  FIELD_HOLDS_AT,
  FIELD_KIND_AT,
  FIELD_SLOT_AT,
  FIELD_STRIDE_AT,
  KIND_ARRAY,
  KIND_BOOL,
  KIND_BOX,
  KIND_F64,
  KIND_I32,
  KIND_I64,
  KIND_OBJECT,
  KIND_RAW,
  KIND_STRING,
  OUTPUT_ABSENT_IS_NULL,
  OUTPUT_ENTRY_BYTES,
  OUTPUT_FLAGS_AT,
  OUTPUT_HAS_NULL_MARK,
  OUTPUT_HOLDS_AT,
  OUTPUT_IS_COMPUTED,
  OUTPUT_IS_CONSTANT,
  OUTPUT_KIND_AT,
  OUTPUT_LONG_TEXT_AT,
  OUTPUT_NULL_SLOT_AT,
  OUTPUT_SLOT_AT,
  OUTPUT_TEXT_AT,
  OUTPUT_TEXT_BYTES_AT,
  TABLE_FIELDS_AT,
  TABLE_OUTPUTS_AT,
  TABLE_OUTPUT_COUNT_AT,
} from "../../abi/json-descriptor";
import { evaluate, evaluatedF64, evaluatedI64, GIVES_NOTHING, GIVES_NULL } from "../../expression";
import { copy16 } from "../../memory/copy";
import { encodeF64, encodeI64 } from "./number-encode";
import { stopsInAscii } from "./scan";
import { encodeString } from "./string-encode";

// As in decode.ts, functions that call each other share a file. Each returns the address behind what it wrote.

/** The place of a vtable entry's field in `row`, or 0 where it is absent (or the vtable is an older one, shorter). */
@inline
function placeIn(row: usize, vtable: usize, vtableBytes: u32, slot: u32): usize {
  return slot < vtableBytes ? <usize>load<u16>(vtable + <usize>slot) : 0;
}

/** Writes a FlatBuffers table as a JSON object, its members in the order of the output fields. */
export function encodeObject(descriptor: usize, table: usize, row: usize, target: usize): usize {
  const begin = target;
  const vtable = row - load<i32>(row);
  const vtableBytes = <u32>load<u16>(vtable);
  let output = descriptor + <usize>load<u32>(table, TABLE_OUTPUTS_AT);
  const outputsEnd = output + <usize>load<u32>(table, TABLE_OUTPUT_COUNT_AT) * OUTPUT_ENTRY_BYTES;
  for (; output != outputsEnd; output += OUTPUT_ENTRY_BYTES) {
    const place = placeIn(row, vtable, vtableBytes, load<u32>(output, OUTPUT_SLOT_AT));
    if (place == 0) {
      target = encodeAbsent(descriptor, output, row, vtable, vtableBytes, target);
      continue;
    }
    target = writeName(descriptor, output, target);
    const kind = load<u32>(output, OUTPUT_KIND_AT);
    if (kind == KIND_STRING) {
      let text = row + place;
      text += <usize>load<u32>(text);
      const length = <usize>load<u32>(text);
      const content = v128.load(text, 4);
      v128.store(target, content);
      // the terminator is a byte to stop at: up to 16 bytes, "the first stop is the length" means nothing to escape
      if (<usize>ctz(stopsInAscii(content) | 0x10000) == length) target += length;
      else target = encodeString(text + 4, length, target);
      store<u8>(target++, 0x22);
    } else {
      const holds = descriptor + <usize>load<u32>(output, OUTPUT_HOLDS_AT);
      target = encodeAt(descriptor, kind, holds, row + place, target);
    }
  }
  if (target == begin) target++;
  store<u8>(begin, 0x7b); // over the first member's comma
  store<u8>(target, 0x7d);
  return target + 1;
}

/** `,"name":`, and for a string its opening quote. */
@inline
function writeName(descriptor: usize, output: usize, target: usize): usize {
  v128.store(target, v128.load(output, OUTPUT_TEXT_AT));
  const bytes = <usize>load<u32>(output, OUTPUT_TEXT_BYTES_AT);
  if (bytes > 16) {
    if (bytes <= 32) v128.store(target, v128.load(output, OUTPUT_TEXT_AT + 16), 16);
    else copy16(target, descriptor + <usize>load<u32>(output, OUTPUT_LONG_TEXT_AT), bytes);
  }
  return target + bytes;
}

/**
 * A field that the row has not: nothing, or null where the schema says that this is what it means. Or one that no row
 * has: a constant, or what is computed of the row.
 *
 * Inlined: a call here costs rows that have all their fields 4 % of their way through the kernels.
 */
@inline
function encodeAbsent(
  descriptor: usize,
  output: usize,
  row: usize,
  vtable: usize,
  vtableBytes: u32,
  target: usize,
): usize {
  const flags = load<u32>(output, OUTPUT_FLAGS_AT);
  if (flags & OUTPUT_IS_CONSTANT) return writeName(descriptor, output, target); // its value is part of the text
  if (flags & OUTPUT_IS_COMPUTED) return encodeComputed(descriptor, output, row, target);
  let isNull = (flags & OUTPUT_ABSENT_IS_NULL) != 0;
  if (flags & OUTPUT_HAS_NULL_MARK) {
    isNull = placeIn(0, vtable, vtableBytes, load<u32>(output, OUTPUT_NULL_SLOT_AT)) != 0;
  }
  if (!isNull) return target;
  target = writeName(descriptor, output, target);
  if (load<u32>(output, OUTPUT_KIND_AT) == KIND_STRING) target--; // without its quote
  return encodeNull(target);
}

function encodeComputed(descriptor: usize, output: usize, row: usize, target: usize): usize {
  target = writeName(descriptor, output, target);
  const gives = evaluate(descriptor + <usize>load<u32>(output, OUTPUT_HOLDS_AT), row);
  assert(gives != GIVES_NOTHING); // such rows were refused before
  if (gives == GIVES_NULL) return encodeNull(target);
  if (load<u32>(output, OUTPUT_KIND_AT) == KIND_F64) return encodeF64(evaluatedF64(), target);
  return encodeI64(evaluatedI64(), target);
}

function encodeNull(target: usize): usize {
  store<u32>(target, 0x6c6c756e);
  return target + 4;
}

/** The value at `place`, of any kind. `holds`: the TABLE of an object or box, the FIELD of an array's element. */
function encodeAt(descriptor: usize, kind: u32, holds: usize, place: usize, target: usize): usize {
  switch (kind) {
    case KIND_STRING: {
      const text = place + <usize>load<u32>(place);
      store<u8>(target, 0x22);
      target = encodeString(text + 4, <usize>load<u32>(text), target + 1);
      store<u8>(target, 0x22);
      return target + 1;
    }
    case KIND_I64:
      return encodeI64(load<i64>(place), target);
    case KIND_F64:
      return encodeF64(load<f64>(place), target);
    case KIND_I32:
      return encodeI64(load<i32>(place), target);
    case KIND_BOOL:
      if (load<u8>(place)) {
        store<u32>(target, 0x65757274);
        return target + 4;
      }
      store<u32>(target, 0x736c6166);
      store<u8>(target, 0x65, 4);
      return target + 5;
    case KIND_OBJECT:
      return encodeObject(descriptor, holds, place + <usize>load<u32>(place), target);
    case KIND_BOX:
      return encodeBox(descriptor, holds, place + <usize>load<u32>(place), target);
    case KIND_ARRAY:
      return encodeArray(descriptor, holds, place + <usize>load<u32>(place), target);
    default: {
      assert(kind == KIND_RAW);
      const text = place + <usize>load<u32>(place);
      const length = <usize>load<u32>(text);
      copy16(target, text + 4, length);
      return target + length;
    }
  }
}

/** A box is its one field's value; null where that is absent. */
export function encodeBox(descriptor: usize, table: usize, row: usize, target: usize): usize {
  const field = descriptor + <usize>load<u32>(table, TABLE_FIELDS_AT);
  const vtable = row - load<i32>(row);
  const place = placeIn(row, vtable, load<u16>(vtable), load<u32>(field, FIELD_SLOT_AT));
  if (place == 0) return encodeNull(target);
  const holds = descriptor + <usize>load<u32>(field, FIELD_HOLDS_AT);
  return encodeAt(descriptor, load<u32>(field, FIELD_KIND_AT), holds, row + place, target);
}

function encodeArray(descriptor: usize, element: usize, vector: usize, target: usize): usize {
  const kind = load<u32>(element, FIELD_KIND_AT);
  const holds = descriptor + <usize>load<u32>(element, FIELD_HOLDS_AT);
  const stride = <usize>load<u32>(element, FIELD_STRIDE_AT);
  let place = vector + 4;
  const end = place + <usize>load<u32>(vector) * stride;
  store<u8>(target++, 0x5b);
  for (; place != end; place += stride) {
    target = encodeAt(descriptor, kind, holds, place, target);
    store<u8>(target++, 0x2c);
  }
  if (load<u32>(vector)) target--;
  store<u8>(target, 0x5d);
  return target + 1;
}
