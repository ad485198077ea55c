import { ERROR_RECORD_HEADER_COUNT, ERROR_RECORD_HEADER_LENGTH, ERROR_RECORD_LENGTH, ERROR_RECORD_VARINT } from "./abi/errors";
import { sizeOfVarint, varintAt } from "./varint";

/**
 * Checks a record's headers, from their number up to the record's end.
 *
 * @returns 0: they fill the record exactly. Else the code, and in the upper 32 bits where, from `headers`.
 */
export function headersFault(headers: usize, end: usize): i64 {
  let size = sizeOfVarint(headers);
  let at = headers + size;
  if (size == 0 || at > end) return faultOf(ERROR_RECORD_VARINT, 0);
  const count = varintAt(headers, size);
  if (count < 0 || <usize>count > end - at) return faultOf(ERROR_RECORD_HEADER_COUNT, 0);
  for (let index = 0; index < count; index++) {
    for (let part = 0; part < 2; part++) {
      const start = at;
      size = sizeOfVarint(at);
      at += size;
      if (size == 0 || at > end) return faultOf(ERROR_RECORD_VARINT, start - headers);
      const length = varintAt(start, size);
      if (length < 0) {
        if (part == 0) return faultOf(ERROR_RECORD_HEADER_LENGTH, start - headers); // a key is never null
        continue;
      }
      if (<usize>length > end - at) return faultOf(ERROR_RECORD_HEADER_LENGTH, start - headers);
      at += length;
    }
  }
  return at == end ? 0 : faultOf(ERROR_RECORD_LENGTH, at - headers);
}

function faultOf(code: i32, at: usize): i64 {
  return <i64>code | (<i64>at << 32);
}
