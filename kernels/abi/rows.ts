/**
 * ROWS: the decoded values of one Batch.
 *
 *     0        4          8         12         16       20      24
 *     +--------+----------+---------+----------+--------+-------+-----------------+-------------------+
 *     | buffer | capacity | rowsMax | bytes    | count  | rows  | table × rowsMax | size × rowsMax    |  u32 each
 *     +--------+----------+---------+----------+--------+-------+-----------------+-------------------+
 *
 * buffer: the Rows FlatBuffer, `bytes` long. rows: of the Batch that was decoded last. table: for each row of the
 * Batch the address of its FlatBuffers table, 0 where there is none; size: its bytes, with all that it holds. The Rows FlatBuffer (`table Rows { rows:[T]; row:[uint]; }`, T the value's type):
 *
 *     0      4            8        16      20         24      28            32        32 + 4n
 *     +------+------------+--------+-------+----------+-------+-------------+---------+----------------+
 *     | root | identifier | vtable | table | rows     | row   | n           | n × uof | n, n × row u32 |
 *     +------+------------+--------+-------+----------+-------+-------------+---------+----------------+
 *     then the tables with their vtables and strings, each table 8-aligned
 *
 * `row[i]` is the row of the Batch that `rows[i]` belongs to.
 */
export const ROWS_BUFFER_AT = 0;
export const ROWS_CAPACITY_AT = 4;
export const ROWS_MAX_AT = 8;
export const ROWS_BYTES_AT = 12;
export const ROWS_COUNT_AT = 16;
export const ROWS_OF_BATCH_AT = 20;
export const ROWS_TABLES_AT = 24;

/** "PDTR", little endian. */
export const ROWS_IDENTIFIER = 0x52544450;
/** In the Rows FlatBuffer: */
export const ROWS_IDENTIFIER_AT = 4;
export const ROWS_VTABLE_AT = 8;
export const ROWS_TABLE_AT = 16;
export const ROWS_VECTOR_AT = 28;
