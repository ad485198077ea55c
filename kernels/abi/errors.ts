/**
 * The kernels' error codes. A call that fails returns the code negated (addresses and lengths are never negative);
 * a record's code stands in its row's `error_code`, 0 being "none". The hundreds say what a code is about:
 *
 *     1 ..  99   the call: nothing of it happened, or as much as its result says
 *   100 .. 199   a record batch: everything before it was delivered, nothing after it
 *   200 .. 299   one record of a batch: its neighbours are delivered
 *   300 .. 399   one record's JSON value
 *   400 .. 499   one record that a user's kernel refused
 *
 * host/wasm/kernel-errors.ts gives each code its text.
 */

/** Linear memory has reached its bound. */
export const ERROR_MEMORY_FULL = 1;

/** The magic byte is not 2: message formats 0 and 1 are older than Kafka 0.11. */
export const ERROR_BATCH_MAGIC = 100;
/** The CRC-32C does not match the bytes. */
export const ERROR_BATCH_CRC = 101;
/** Compressed: the transport decompresses before a kernel sees a batch. */
export const ERROR_BATCH_COMPRESSED = 102;
/** The batch's length is below that of its header. */
export const ERROR_BATCH_LENGTH = 103;
/** The number of records is negative, or not that of the records which follow. */
export const ERROR_BATCH_COUNT = 104;
/** A record's length is not a varint, or reaches beyond its batch. */
export const ERROR_BATCH_RECORD_LENGTH = 105;

/** A varint of the record is longer than 5 (or 10) bytes, or cut off by the record's end. */
export const ERROR_RECORD_VARINT = 200;
/** The key's length reaches beyond the record. */
export const ERROR_RECORD_KEY_LENGTH = 201;
/** The value's length reaches beyond the record. */
export const ERROR_RECORD_VALUE_LENGTH = 202;
/** The number of headers is negative, or more than fit. */
export const ERROR_RECORD_HEADER_COUNT = 203;
/** A header's key or value reaches beyond the record, or its key's length is negative. */
export const ERROR_RECORD_HEADER_LENGTH = 204;
/** The record's fields end before its length does. */
export const ERROR_RECORD_LENGTH = 205;
/** A number's bytes are not as many as its serde reads: 4 for i32, 8 for i64 and f64. */
export const ERROR_RECORD_SERDE_LENGTH = 206;
/** The record alone is larger than the sink's recordBytesMax. */
export const ERROR_RECORD_TOO_LARGE = 207;
/** The record has no key, and the sink takes none without (its topic is compacted). */
export const ERROR_RECORD_KEY_MISSING = 208;

/** A byte that JSON does not allow in this place. */
export const ERROR_JSON_UNEXPECTED = 300;
/** The value ends before its JSON does. */
export const ERROR_JSON_TRUNCATED = 301;
/** A control character (below 0x20) in a string: it must be escaped. */
export const ERROR_JSON_CONTROL_CHARACTER = 302;
/** A backslash that begins no escape. */
export const ERROR_JSON_ESCAPE = 303;
/** A string is not UTF-8. */
export const ERROR_JSON_UTF8 = 304;
/** Digits are missing in a number. */
export const ERROR_JSON_NUMBER = 305;
/** The value's type is not that of the schema. */
export const ERROR_JSON_TYPE = 306;
/** An integer is out of the range of its field, or a number is not integral where it must be. */
export const ERROR_JSON_RANGE = 307;
/** More than JSON_DEPTH_MAX objects and arrays within each other. */
export const ERROR_JSON_DEPTH = 308;
/** Something stands behind the value. */
export const ERROR_JSON_TRAILING = 309;
/** A field that the schema requires is absent. */
export const ERROR_JSON_FIELD_MISSING = 310;
/** A field that the schema does not know, where it allows no others. */
export const ERROR_JSON_FIELD_UNKNOWN = 311;

/** The kernel's author refuses the row, with a reason of his own. */
export const ERROR_KERNEL_REFUSED = 400;
/** A kernel made more of one row than a Batch holds: BATCH_ROWS_MAX records, KERNEL_OUTPUT_BYTES_MAX bytes. */
export const ERROR_KERNEL_OUTPUT_TOO_LARGE = 401;
