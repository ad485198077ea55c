import {
  FIELD_BOOL,
  FIELD_DEPTH_AT,
  FIELD_F64,
  FIELD_I32,
  FIELD_I64,
  FIELD_SLOTS_AT,
  FIELD_STRING,
  FIELD_TYPE_AT,
} from "./abi/field";
import { FIELD_DEPTH_MAX } from "./abi/limits";
import { fieldAt } from "./batch";
import { writeF64 } from "./serdes/f64";
import { writeI32 } from "./serdes/i32";
import { writeI64 } from "./serdes/i64";

/** Address of a FIELD of a row; 0: it, or something on the way to it, is null or absent. */
export function addressOfField(field: usize, table: usize): usize {
  const depth = load<u32>(field, FIELD_DEPTH_AT);
  assert(depth > 0);
  assert(depth <= <u32>FIELD_DEPTH_MAX);
  let at = table;
  for (let step: u32 = 0; at; ) {
    at = fieldAt(at, <usize>load<u16>(field + FIELD_SLOTS_AT + (<usize>step << 1)));
    if (++step == depth) break;
    if (at) at += load<u32>(at); // an inner table
  }
  return at;
}

/** A lone surrogate, which JSON may have as an escape, stands in a row as ED A0..BF 80..BF (WTF-8). */
@inline
function isSurrogate(at: usize): bool {
  return load<u8>(at) == 0xed && load<u8>(at, 1) >= 0xa0;
}

/** Whether text of a row is no UTF-8, for its lone surrogates. May read 16 bytes past its end. */
export function hasSurrogate(text: usize, length: usize): bool {
  for (let at: usize = 0; at < length; at += 16) {
    const found = <u32>i8x16.bitmask(i8x16.eq(v128.load(text + at), i8x16.splat(-19)));
    if (!found) continue;
    const end = length - at < 16 ? text + length : text + at + 16;
    for (let byte = text + at; byte < end; byte++) if (isSurrogate(byte)) return true;
  }
  return false;
}

/**
 * Copies text of a row, each lone surrogate as "?": what Java writes for it.
 *
 * @returns bytes written.
 */
export function copyWithoutSurrogates(text: usize, length: usize, target: usize): i32 {
  const end = text + length;
  let to = target;
  for (let at = text; at < end; to++) {
    if (isSurrogate(at)) {
      store<u8>(to, 0x3f);
      at += 3;
    } else {
      store<u8>(to, load<u8>(at));
      at++;
    }
  }
  return <i32>(to - target);
}

/**
 * A field as its Kafka serde writes it (big endian): its address in the lower 32 bits, its length in the upper
 * ones, -1 being null.
 *
 * @param scratch 8 bytes to write numbers to.
 */
export function fieldBytes(field: usize, table: usize, scratch: usize): i64 {
  const at = table ? addressOfField(field, table) : 0;
  if (!at) return (<i64>-1) << 32;
  switch (load<i32>(field, FIELD_TYPE_AT)) {
    case FIELD_STRING: {
      const text = at + load<u32>(at);
      return <i64>(text + 4) | (<i64>load<u32>(text) << 32);
    }
    case FIELD_I32:
      writeI32(scratch, load<i32>(at));
      return <i64>scratch | (<i64>4 << 32);
    case FIELD_I64:
      writeI64(scratch, load<i64>(at));
      return <i64>scratch | (<i64>8 << 32);
    case FIELD_F64:
      writeF64(scratch, load<f64>(at));
      return <i64>scratch | (<i64>8 << 32);
    default:
      assert(load<i32>(field, FIELD_TYPE_AT) == FIELD_BOOL);
      store<u8>(scratch, load<u8>(at));
      return <i64>scratch | (<i64>1 << 32);
  }
}
