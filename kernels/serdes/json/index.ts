import { ERROR_JSON_TRAILING, ERROR_JSON_TRUNCATED, ERROR_JSON_TYPE } from "../../abi/errors";
import {
  JSON_DESCRIPTOR_VERSION,
  JSON_ERROR_ADDRESS_AT,
  JSON_ERROR_AT,
  JSON_ROOT_AT,
  JSON_ROOT_IS_BOX_AT,
  JSON_ROW_FACTOR_AT,
  JSON_ROW_FIXED_AT,
  JSON_TEXT_FACTOR_AT,
  JSON_TEXT_FIXED_AT,
  JSON_VERSION_AT,
  JSON_WRITTEN_AT,
} from "../../abi/json-descriptor";
import { decodeBox, decodeObject } from "./decode";
import { encodeBox, encodeObject } from "./encode";
import { fail, skipSpace } from "./scan";
import { skipValue } from "./skip";
import { beginVtables, forgetVtables } from "./vtables";

/**
 * Begins a batch: writes the vtables that its rows share to `target`, where the rows' buffer goes on. Rows follow
 * in rising addresses of one buffer; what they need for sharing is remembered in the descriptor.
 *
 * @param target divisible by 8. @returns bytes written, a multiple of 8, at most JSON_VTABLES_BYTES_MAX.
 */
export function jsonBegin(descriptor: usize, target: usize): i32 {
  assert(load<u32>(descriptor, JSON_VERSION_AT) == JSON_DESCRIPTOR_VERSION);
  assert((descriptor & 15) == 0);
  assert((target & 7) == 0);
  return beginVtables(descriptor, target);
}

/**
 * Decodes one JSON value into a FlatBuffers table at `row`, everything that it holds behind it.
 *
 * @param source the value's first byte; 64 bytes behind its end may be read.
 * @param row divisible by 8, with room for jsonRowBytesMax(descriptor, length) bytes.
 * @returns bytes written, a multiple of 8; or a code 300 to 399 negated, then jsonErrorAt says where. The room of
 * a failed row may be used again; that of a row which succeeded must stay as it is until the batch ends.
 */
export function jsonDecode(descriptor: usize, source: usize, length: i32, row: usize): i32 {
  const end = source + <usize>length;
  const table = descriptor + <usize>load<u32>(descriptor, JSON_ROOT_AT);
  let at = source;
  if (length == 0 || load<u8>(at) <= 0x20) at = skipSpace(at, end);
  if (at >= end) return failed(descriptor, source, fail(descriptor, ERROR_JSON_TRUNCATED, end));
  if (load<u32>(descriptor, JSON_ROOT_IS_BOX_AT)) at = decodeBox(descriptor, table, at, end, row);
  else if (load<u8>(at) == 0x7b) at = decodeObject(descriptor, table, at, end, row);
  else {
    const value = at;
    at = skipValue(descriptor, at, end); // no JSON at all is reported as that
    if (at) at = fail(descriptor, ERROR_JSON_TYPE, value);
  }
  if (at == 0) return failed(descriptor, source, 0);
  if (at != end) {
    at = skipSpace(at, end);
    if (at != end) return failed(descriptor, source, fail(descriptor, ERROR_JSON_TRAILING, at));
  }
  return <i32>(((<usize>load<u32>(descriptor, JSON_WRITTEN_AT) + 7) & ~7) - row);
}

function failed(descriptor: usize, source: usize, at: usize): i32 {
  assert(at == 0);
  store<u32>(descriptor, load<u32>(descriptor, JSON_ERROR_ADDRESS_AT) - <u32>source, JSON_ERROR_ADDRESS_AT);
  forgetVtables(descriptor);
  return -load<i32>(descriptor, JSON_ERROR_AT);
}

/** Where the value that was refused last is wrong: bytes from its start, its length where it ends too early. */
export function jsonErrorAt(descriptor: usize): i32 {
  return load<i32>(descriptor, JSON_ERROR_ADDRESS_AT);
}

/** Upper bound of what jsonDecode writes for a value of `length` bytes, what it overwrites behind included. */
export function jsonRowBytesMax(descriptor: usize, length: i32): i32 {
  const bytes = <u64>load<u32>(descriptor, JSON_ROW_FIXED_AT) + <u64>load<u32>(descriptor, JSON_ROW_FACTOR_AT) * length;
  return bytes > <u64>i32.MAX_VALUE ? i32.MAX_VALUE : <i32>bytes;
}

/**
 * Encodes a row as compact JSON.
 *
 * @param row its FlatBuffers table. @param target with room for jsonEncodeBytesMax bytes.
 * @returns bytes written.
 */
export function jsonEncode(descriptor: usize, row: usize, target: usize): i32 {
  const table = descriptor + <usize>load<u32>(descriptor, JSON_ROOT_AT);
  if (load<u32>(descriptor, JSON_ROOT_IS_BOX_AT)) return <i32>(encodeBox(descriptor, table, row, target) - target);
  return <i32>(encodeObject(descriptor, table, row, target) - target);
}

/**
 * Upper bound of what jsonEncode writes, what it overwrites behind included, for a row that jsonDecode made.
 *
 * @param rowBytes what jsonDecode returned.
 */
export function jsonEncodeBytesMax(descriptor: usize, rowBytes: i32): i32 {
  const bytes =
    <u64>load<u32>(descriptor, JSON_TEXT_FIXED_AT) + <u64>load<u32>(descriptor, JSON_TEXT_FACTOR_AT) * rowBytes;
  return bytes > <u64>i32.MAX_VALUE ? i32.MAX_VALUE : <i32>bytes;
}
