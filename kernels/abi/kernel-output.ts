/**
 * OUTPUT: what one user kernel of one step has made of a batch. The region is a Batch, laid out as `decode` does
 * (abi/batch.ts) with room for `capacity` records; its columns stand over its own `bytes`.
 *
 *     0        4          8         12     16        20         24        28             32        36       40
 *     +--------+----------+---------+------+---------+----------+---------+--------------+---------+--------+-----------+
 *     | region | capacity | bytesAt | room | records | → origins| → refusals| refusals   | rowsMax | fields | descriptor|
 *     +--------+----------+---------+------+---------+----------+---------+--------------+---------+--------+-----------+
 *     44        48
 *     +---------+
 *     | used    |     bytes of the Batch's `bytes`
 *     +---------+
 *
 *     origins:   | source row u32 × capacity | ordinal within that row u32 × capacity |    rows never fall
 *     refusals:  ( row u32 | code u32 | reason: address of a string, or 0 ) × refusals
 *
 * room: bytes of the region. rowsMax: rows of an input batch. fields: the cache of field names (author/fields.ts),
 * which is right for `descriptor`.
 */
export const OUTPUT_REGION_AT = 0;
export const OUTPUT_CAPACITY_AT = 4;
export const OUTPUT_BYTES_FROM_AT = 8;
export const OUTPUT_ROOM_AT = 12;
export const OUTPUT_RECORDS_AT = 16;
export const OUTPUT_ORIGINS_AT = 20;
export const OUTPUT_REFUSALS_AT = 24;
export const OUTPUT_REFUSAL_COUNT_AT = 28;
export const OUTPUT_ROWS_MAX_AT = 32;
export const OUTPUT_FIELDS_AT = 36;
export const OUTPUT_DESCRIPTOR_AT = 40;
export const OUTPUT_USED_AT = 44;
export const OUTPUT_HEAD_BYTES = 48;
export const REFUSAL_ROW_AT = 0;
export const REFUSAL_CODE_AT = 4;
export const REFUSAL_REASON_AT = 8;
export const REFUSAL_BYTES = 12;

/**
 * RUN: the kernel that runs, or ran last: one a module, since no call is reentrant. Its first part is the OUTPUT that
 * it writes, copied in when a run begins and back when it ends. Everything here is set anew by each run, but for what
 * is only room (scratch, the two writers' buffers, constants).
 *
 *     0        48      52      56         60      64       68         72       76         80           84      88
 *     +--------+-------+-------+----------+-------+--------+----------+--------+----------+------------+-------+
 *     | OUTPUT | batch | bytes | selection| kept  | tables | descriptor| index | from     | until      | form  |
 *     +--------+-------+-------+----------+-------+--------+----------+--------+----------+------------+-------+
 *     88      92      96       100          104        108        112      116      120       124
 *     +-------+-------+--------+------------+----------+----------+--------+--------+---------+
 *     | row   | table | source | its first  | its first| ordinal  | reason | over-  | failed  |   row, table: read; source: emitted from
 *     |       |       |        | record     | byte     |          |        | flow   |         |   124: index at which it began
 *     +-------+-------+--------+------------+----------+----------+--------+--------+---------+
 *     128                 152
 *     +-------------------+----------------------------------+----------+-----------------------+
 *     | trap | its text   | columns of the batch: timestamp, | fuel i64 | fuel a row i64        |   columns: u32 × 9, from 152
 *     | 128  | 132        | key, value, headers, deltas      | 192      | 200                   |
 *     +-------------------+----------------------------------+----------+-----------------------+
 *     208               216             220          224           232          240           256           272
 *     +-----------------+---------------+------------+-------------+------------+-------------+-------------+--------+
 *     | timestamp i64   | has timestamp | depth of   | brackets    | scratch:   | WRITER of   | WRITER of   | texts: |
 *     |                 |               | JSON       | u64         | top, end   | the key     | the value   | 4 words|
 *     +-----------------+---------------+------------+-------------+------------+-------------+-------------+--------+
 *     288
 *     +------------------------------------+
 *     | columns of the output: u32 × 9, in |
 *     | the order of their ids             |
 *     +------------------------------------+
 */
export const RUN_BATCH_AT = 48;
export const RUN_BYTES_AT = 52;
export const RUN_SELECTION_AT = 56;
export const RUN_KEPT_AT = 60;
export const RUN_TABLES_AT = 64;
export const RUN_DESCRIPTOR_AT = 68;
export const RUN_INDEX_AT = 72;
export const RUN_FROM_AT = 76;
export const RUN_UNTIL_AT = 80;
export const RUN_FORM_AT = 84;
export const RUN_ROW_AT = 88;
export const RUN_TABLE_AT = 92;
export const RUN_SOURCE_AT = 96;
export const RUN_FIRST_RECORD_AT = 100;
export const RUN_FIRST_BYTE_AT = 104;
export const RUN_ORDINAL_AT = 108;
export const RUN_REASON_AT = 112;
export const RUN_OVERFLOW_AT = 116;
export const RUN_FAILED_AT = 120;
export const RUN_BEGAN_AT = 124;
export const RUN_TRAP_AT = 128;
export const RUN_TRAP_TEXT_AT = 132;
export const RUN_TIMESTAMPS_AT = 152;
export const RUN_KEYS_AT = 156;
export const RUN_KEY_LENGTHS_AT = 160;
export const RUN_VALUES_AT = 164;
export const RUN_VALUE_LENGTHS_AT = 168;
export const RUN_HEADERS_AT = 172;
export const RUN_HEADERS_LENGTHS_AT = 176;
export const RUN_OFFSETS_AT = 180;
export const RUN_POSITIONS_AT = 184;
export const RUN_FUEL_AT = 192;
export const RUN_ROW_FUEL_AT = 200;
export const RUN_TIMESTAMP_AT = 208;
export const RUN_HAS_TIMESTAMP_AT = 216;
export const RUN_DEPTH_AT = 220;
export const RUN_BRACKETS_AT = 224;
export const RUN_SCRATCH_AT = 232;
export const RUN_SCRATCH_END_AT = 236;
export const RUN_KEY_WRITER_AT = 240;
export const RUN_VALUE_WRITER_AT = 256;
export const RUN_TEXTS_AT = 272;
export const RUN_COLUMNS_AT = 288;
export const RUN_BYTES = 336;

/** How a kernel is called: row by row, or with all rows at once. */
export const FORM_ROWS = 0;
export const FORM_BATCH = 1;

/** Why a kernel trapped, where it was our library that ended it. 0: something else, an `assert` for example. */
export const TRAP_FUEL = 1;
/** The rows have no field of this name (the trap's text). */
export const TRAP_FIELD_UNKNOWN = 2;
/** The field of this name is of another type. */
export const TRAP_FIELD_TYPE = 3;
/** A field was asked for, but the values are not rows: the topic's serde has no schema. */
export const TRAP_NO_ROWS = 4;
/** More than KERNEL_FIELDS_MAX names. */
export const TRAP_FIELD_COUNT = 5;
/** An index is below 0, or not below the count. */
export const TRAP_INDEX = 6;
/** `out.from` is called with falling rows, or by a kernel that is given one row at a time; or nothing was emitted from. */
export const TRAP_FROM = 7;
/** JSON: a member in an array, an element in an object, nothing begun, or too deep. */
export const TRAP_JSON = 8;
/** Linear memory has reached its bound. */
export const TRAP_MEMORY = 9;
