import {
  FORM_BATCH,
  OUTPUT_RECORDS_AT,
  OUTPUT_USED_AT,
  RUN_BYTES_AT,
  RUN_DEPTH_AT,
  RUN_FAILED_AT,
  RUN_FIRST_BYTE_AT,
  RUN_FIRST_RECORD_AT,
  RUN_FORM_AT,
  RUN_FROM_AT,
  RUN_HAS_TIMESTAMP_AT,
  RUN_HEADERS_AT,
  RUN_HEADERS_LENGTHS_AT,
  RUN_INDEX_AT,
  RUN_KEYS_AT,
  RUN_KEY_LENGTHS_AT,
  RUN_KEY_WRITER_AT,
  RUN_OFFSETS_AT,
  RUN_ORDINAL_AT,
  RUN_OVERFLOW_AT,
  RUN_POSITIONS_AT,
  RUN_REASON_AT,
  RUN_SELECTION_AT,
  RUN_SOURCE_AT,
  RUN_TIMESTAMPS_AT,
  RUN_TIMESTAMP_AT,
  RUN_UNTIL_AT,
  RUN_VALUES_AT,
  RUN_VALUE_LENGTHS_AT,
  RUN_VALUE_WRITER_AT,
  TRAP_FROM,
} from "../abi/kernel-output";
import { ERROR_KERNEL_REFUSED } from "../abi/errors";
import { SELECTION_ROWS_AT } from "../abi/selection";
import { copyBytes } from "../serdes/bytes";
import { Json, beginJson, endJson } from "./json";
import { addRefusal, placeRecord, roomForRecord } from "./output";
import { RUN, __burn, burnBytes, setWord, stop, word } from "./run";
import { PART_NULL, PART_OWN, PART_WRITTEN, Writer } from "./writer";

/** `RUN_FROM_AT` before the first row. */
export const FROM_NONE: i32 = -1;

/**
 * Where a kernel's records go. A record begins as the row's own: key, value, timestamp and headers stay unless they are
 * written. `emit` may be called any number of times for a row.
 */
@unmanaged
export class Emitter {
  get key(): Writer {
    return changetype<Writer>(RUN + RUN_KEY_WRITER_AT);
  }

  get value(): Writer {
    return changetype<Writer>(RUN + RUN_VALUE_WRITER_AT);
  }

  /** Begins the value as a JSON object. */
  json(): Json {
    beginJson(0x7b);
    return changetype<Json>(RUN);
  }

  /** Begins the value as a JSON array. */
  jsonArray(): Json {
    beginJson(0x5b);
    return changetype<Json>(RUN);
  }

  /** The record's timestamp, in milliseconds since the epoch, in place of the row's. */
  timestamp(timestamp: i64): void {
    store<i64>(RUN, timestamp, RUN_TIMESTAMP_AT);
    setWord(RUN_HAS_TIMESTAMP_AT, 1);
  }

  /** Sends the record on, and begins the next one. */
  emit(): void {
    __burn();
    if (word(RUN_FORM_AT) == FORM_BATCH && <i32>word(RUN_FROM_AT) == FROM_NONE) stop(TRAP_FROM, 0);
    endJson();
    if (!word(RUN_FAILED_AT) && !word(RUN_OVERFLOW_AT)) emitRecord();
    beginRecord();
  }

  /**
   * Refuses the row: nothing of it goes on, what was emitted of it before included. The reason becomes that of a bad
   * record, which the application's error settings decide about.
   */
  fail(reason: string): void {
    if (word(RUN_FORM_AT) == FORM_BATCH && <i32>word(RUN_FROM_AT) == FROM_NONE) stop(TRAP_FROM, 0);
    if (word(RUN_FAILED_AT)) return;
    setWord(RUN_FAILED_AT, 1);
    setWord(RUN_REASON_AT, <u32>changetype<usize>(reason));
  }

  /** For kernels over a batch: what follows is made of this row. Rows may be left out, and never fall. */
  from(row: i32): void {
    const before = <i32>word(RUN_FROM_AT);
    const index = row + <i32>word(RUN_INDEX_AT);
    if (word(RUN_FORM_AT) != FORM_BATCH || row < 0 || index < before || index >= <i32>word(RUN_UNTIL_AT)) {
      stop(TRAP_FROM, 0);
    }
    if (index == before) return;
    if (before != FROM_NONE) closeSource();
    openSource(index);
  }
}

/** Begins what is made of the row at this index of the selection. */
export function openSource(index: i32): void {
  setWord(RUN_FROM_AT, index);
  setWord(RUN_SOURCE_AT, load<u32>(<usize>word(RUN_SELECTION_AT) + SELECTION_ROWS_AT + (<usize>index << 2)));
  setWord(RUN_FIRST_RECORD_AT, word(OUTPUT_RECORDS_AT));
  setWord(RUN_FIRST_BYTE_AT, word(OUTPUT_USED_AT));
  setWord(RUN_ORDINAL_AT, 0);
  setWord(RUN_FAILED_AT, 0);
  beginRecord();
}

/** Ends it: a row that the kernel has refused leaves nothing but the refusal. */
export function closeSource(): void {
  if (!word(RUN_FAILED_AT)) return;
  undoSource();
  addRefusal(word(RUN_SOURCE_AT), ERROR_KERNEL_REFUSED, word(RUN_REASON_AT));
}

/** Forgets what was made of the present row. */
export function undoSource(): void {
  setWord(OUTPUT_RECORDS_AT, word(RUN_FIRST_RECORD_AT));
  setWord(OUTPUT_USED_AT, word(RUN_FIRST_BYTE_AT));
}

@inline
function beginRecord(): void {
  const key = changetype<Writer>(RUN + RUN_KEY_WRITER_AT);
  key.__is = PART_OWN;
  key.__cursor = key.__from;
  const value = changetype<Writer>(RUN + RUN_VALUE_WRITER_AT);
  value.__is = PART_OWN;
  value.__cursor = value.__from;
  setWord(RUN_HAS_TIMESTAMP_AT, 0);
  setWord(RUN_DEPTH_AT, 0);
}

@inline
function emitRecord(): void {
  const source = <usize>word(RUN_SOURCE_AT);
  const at = source << 2;
  const bytes = <usize>word(RUN_BYTES_AT);
  const keyWriter = changetype<Writer>(RUN + RUN_KEY_WRITER_AT);
  const valueWriter = changetype<Writer>(RUN + RUN_VALUE_WRITER_AT);

  let key = <usize>keyWriter.__from;
  let keyLength: i32 = -1;
  if (keyWriter.__is == PART_OWN) {
    key = bytes + <usize>load<u32>(<usize>word(RUN_KEYS_AT) + at);
    keyLength = load<i32>(<usize>word(RUN_KEY_LENGTHS_AT) + at);
  } else if (keyWriter.__is == PART_WRITTEN) keyLength = <i32>(keyWriter.__cursor - keyWriter.__from);
  let value = <usize>valueWriter.__from;
  let valueLength: i32 = -1;
  if (valueWriter.__is == PART_OWN) {
    value = bytes + <usize>load<u32>(<usize>word(RUN_VALUES_AT) + at);
    valueLength = load<i32>(<usize>word(RUN_VALUE_LENGTHS_AT) + at);
  } else if (valueWriter.__is == PART_WRITTEN) valueLength = <i32>(valueWriter.__cursor - valueWriter.__from);
  const headers = bytes + <usize>load<u32>(<usize>word(RUN_HEADERS_AT) + at);
  const headersLength = load<i32>(<usize>word(RUN_HEADERS_LENGTHS_AT) + at);

  const keyBytes = <usize>(keyLength < 0 ? 0 : keyLength);
  const valueBytes = <usize>(valueLength < 0 ? 0 : valueLength);
  const headersBytes = <usize>(headersLength > 1 ? headersLength : 0);
  const all = keyBytes + valueBytes + headersBytes;
  const target = roomForRecord(all);
  if (!target) return;
  burnBytes(all);
  if (keyBytes) copyBytes(target, key, keyBytes);
  if (valueBytes) copyBytes(target + keyBytes, value, valueBytes);
  if (headersBytes) copyBytes(target + keyBytes + valueBytes, headers, headersBytes);

  const used = word(OUTPUT_USED_AT);
  const ordinal = word(RUN_ORDINAL_AT);
  placeRecord(
    word(RUN_HAS_TIMESTAMP_AT) ? load<i64>(RUN, RUN_TIMESTAMP_AT) : load<i64>(<usize>word(RUN_TIMESTAMPS_AT) + (at << 1)),
    used,
    keyLength,
    used + <u32>keyBytes,
    valueLength,
    headersBytes ? used + <u32>(keyBytes + valueBytes) : 0,
    headersBytes ? headersLength : 1,
    load<u32>(<usize>word(RUN_OFFSETS_AT) + at),
    load<u32>(<usize>word(RUN_POSITIONS_AT) + at),
    <u32>source,
    ordinal,
  );
  setWord(RUN_ORDINAL_AT, ordinal + 1);
  setWord(OUTPUT_USED_AT, used + <u32>all);
}
