/**
 * RECORDS: what a module of another language is given, and what it gives back. It has its own memory, and knows
 * nothing of Batches: records follow one another, each with its length before it, little endian.
 *
 *     0       4       8
 *     +-------+-------+------------------+
 *     | bytes | count | RECORD × count   |     bytes: of all, these 8 included
 *     +-------+-------+------------------+
 *
 *     RECORD, at a position divisible by 8:
 *     0       4      8           16    20      24        28     32
 *     +-------+------+-----------+-----+-------+---------+------+---------+-----------+-------------+-------------+
 *     | bytes | row  | timestamp | key | value | headers | kind | key ... | value ... | headers ... | to a mult. |
 *     |       |      | i64       | i32 | i32   | i32     | i32  |         |           |             | of 8        |
 *     +-------+------+-----------+-----+-------+---------+------+---------+-----------+-------------+-------------+
 *
 * bytes: of the record, padding included. key, value, headers: their lengths, -1 being null. headers: as in Kafka's
 * record: their number as a varint, then each with its lengths; -1 in what is given back: those of the row. row: in what
 * is given, the number of the row; in what is given back, that of the row it was made of: never falling.
 */
export const RECORDS_BYTES_AT = 0;
export const RECORDS_COUNT_AT = 4;
export const RECORDS_FIRST_AT = 8;
export const RECORD_BYTES_AT = 0;
export const RECORD_ROW_AT = 4;
export const RECORD_TIMESTAMP_AT = 8;
export const RECORD_KEY_AT = 16;
export const RECORD_VALUE_AT = 20;
export const RECORD_HEADERS_AT = 24;
export const RECORD_KIND_AT = 28;
export const RECORD_HEAD_BYTES = 32;

/** A record. */
export const KIND_RECORD = 0;
/** The row is refused; the value is the reason, as UTF-8. Other records of that row are passed over. */
export const KIND_REFUSED = 1;

/** What such a module must answer to `peridot_abi_version`. */
export const FOREIGN_ABI_VERSION = 1;
