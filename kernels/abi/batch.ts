/**
 * The Batch's vtable entries (field id n stands at 4 + 2n), and how our own writers lay a Batch out. Readers go
 * through the vtable and assume none of the second.
 *
 *     0      4            8        48                                       128
 *     +------+------------+--------+----------------------------------------+---------+-----+-------+
 *     | root | identifier | vtable | table: scalars, offsets of the vectors | columns | ... | bytes |
 *     +------+------------+--------+----------------------------------------+---------+-----+-------+
 *
 *     table, from 48:  0        8             16         24       28     32
 *                      +--------+-------------+----------+--------+------+---------------------------+
 *                      |soffset | base_offset | position | errors | rows | offsets of 12 vectors ... |
 *                      +--------+-------------+----------+--------+------+---------------------------+
 *
 *     a column:        0     4        8
 *                      +-----+--------+-------------------------+
 *                      | pad | length | elements, 8-aligned     |   room for rowsMax, rounded up to 8 bytes
 *                      +-----+--------+-------------------------+
 *
 * The columns stand in the order of their field ids; `bytes` is the last.
 */
export const BATCH_BASE_OFFSET_SLOT = 4;
export const BATCH_POSITION_SLOT = 6;
export const BATCH_ERRORS_SLOT = 8;
export const BATCH_ROWS_SLOT = 10;
export const BATCH_OFFSET_DELTA_SLOT = 12;
export const BATCH_POSITION_DELTA_SLOT = 14;
export const BATCH_TIMESTAMP_SLOT = 16;
export const BATCH_KEY_AT_SLOT = 18;
export const BATCH_KEY_LENGTH_SLOT = 20;
export const BATCH_VALUE_AT_SLOT = 22;
export const BATCH_VALUE_LENGTH_SLOT = 24;
export const BATCH_HEADERS_AT_SLOT = 26;
export const BATCH_HEADERS_LENGTH_SLOT = 28;
export const BATCH_ERROR_CODE_SLOT = 30;
export const BATCH_ERROR_AT_SLOT = 32;
export const BATCH_BYTES_SLOT = 34;

/** "PDTB", little endian. */
export const BATCH_IDENTIFIER = 0x42544450;
export const BATCH_IDENTIFIER_AT = 4;
export const BATCH_VTABLE_AT = 8;
/** Bytes of the vtable: two sizes and 16 entries. */
export const BATCH_VTABLE_BYTES = 36;
export const BATCH_TABLE_AT = 48;
export const BATCH_TABLE_BYTES = 80;
export const BATCH_COLUMNS_AT = 128;

/** In the table: */
export const BATCH_TABLE_BASE_OFFSET_AT = 8;
export const BATCH_TABLE_POSITION_AT = 16;
export const BATCH_TABLE_ERRORS_AT = 24;
export const BATCH_TABLE_ROWS_AT = 28;
/** Offset of the first vector (offset_delta); the others follow, 4 bytes each, in the order of their ids. */
export const BATCH_TABLE_VECTORS_AT = 32;

/** Columns but `bytes`, and the bytes of one element of each, in the order of their ids: 4 4 8 4 4 4 4 4 4 2 4. */
export const BATCH_COLUMNS = 11;
/** What stands before a column's elements: padding and length. */
export const BATCH_COLUMN_LEAD = 8;
