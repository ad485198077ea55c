/**
 * The kernels' error codes. A call that fails returns the code negated (addresses and lengths are never negative);
 * a record's code stands in its row's `error_code`, 0 being "none". The hundreds say what a code is about:
 *
 *     1 ..  99   the call: nothing of it happened, or as much as its result says
 *   100 .. 199   a record batch: everything before it was delivered, nothing after it
 *   200 .. 299   one record of a batch: its neighbours are delivered
 *   300 .. 399   one record's JSON value
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
/** The record alone is larger than a record batch may be. */
export const ERROR_RECORD_TOO_LARGE = 207;
/** The key's field is absent or null, where the serde has no null. */
export const ERROR_RECORD_FIELD_NULL = 208;
