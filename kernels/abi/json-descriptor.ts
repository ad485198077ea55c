/**
 * JSON DESCRIPTOR: a value schema as the JSON kernels interpret it. The host makes the bytes, places them at an
 * address divisible by 16 and never moves them; "→ x" below is a position from the descriptor's start, so that
 * placing is one copy. All numbers are little endian.
 *
 *     0         4       8        12        16        20       24           28            32           36
 *     +---------+-------+--------+---------+---------+--------+------------+-------------+------------+-------------+
 *     | version | bytes | → root | root is | → first | tables | row fixed  | row bytes / | text fixed | text bytes /|
 *     |         |       |  table | a box   |   table |        | bytes      | source byte | bytes      | row byte    |
 *     +---------+-------+--------+---------+---------+--------+------------+-------------+------------+-------------+
 *     40: scratch of the kernels, rewritten by each call
 *     +-------+----------+---------+-----------+----------+-------+------+----------+------------+----------+-------+
 *     | error | error at | written | non-ASCII | mantissa | value | i64  | exponent | presence:  | number's | skip  |
 *     | 40    | 44       | 48      | 52        | 56       | 64    | 72   | 80       | set 88,    | form     | stack |
 *     |       |          |         |           |          | f64   |      | i64      | clear 96   | 104      | 112   |
 *     +-------+----------+---------+-----------+----------+-------+------+----------+------------+----------+-------+
 *     240: two big integers of 640 bytes; 1520: tables, fields, output fields, names
 *
 * error: 0 or a code of errors.ts (300 to 399); error at: its address. written: address behind what was written
 * last. non-ASCII: set to 1 when a decoded string has a byte above 0x7f; the host sets it back to 0.
 */
export const JSON_DESCRIPTOR_VERSION = 1;
export const JSON_VERSION_AT = 0;
export const JSON_BYTES_AT = 4;
export const JSON_ROOT_AT = 8;
export const JSON_ROOT_IS_BOX_AT = 12;
export const JSON_TABLES_AT = 16;
export const JSON_TABLE_COUNT_AT = 20;
export const JSON_ROW_FIXED_AT = 24;
export const JSON_ROW_FACTOR_AT = 28;
export const JSON_TEXT_FIXED_AT = 32;
export const JSON_TEXT_FACTOR_AT = 36;
export const JSON_ERROR_AT = 40;
export const JSON_ERROR_ADDRESS_AT = 44;
export const JSON_WRITTEN_AT = 48;
export const JSON_NON_ASCII_AT = 52;
export const JSON_MANTISSA_AT = 56;
export const JSON_F64_AT = 64;
export const JSON_I64_AT = 72;
export const JSON_EXPONENT_AT = 80;
export const JSON_SET_AT = 88;
export const JSON_CLEAR_AT = 96;
export const JSON_FORM_AT = 104;
export const JSON_SKIP_STACK_AT = 112;
export const JSON_BIG_LEFT_AT = 240;
export const JSON_BIG_RIGHT_AT = 880;
export const JSON_HEAD_BYTES = 1520;
/** Bytes of one big integer: 160 limbs of 32 bits. */
export const JSON_BIG_BYTES = 640;

/**
 * A TABLE: one FlatBuffers table type of the schema.
 *
 *     0         4        8       12      16        20        24         32       40         48          56
 *     +---------+--------+-------+-------+---------+---------+----------+--------+----------+-----------+----------+
 *     | → first | fields | bytes | flags | → vtable| vtable  | required | full   | learned: | last mask | last     |
 *     |   field |        |       |       |         | bytes   | mask     | mask   | → field  |           | vtable   |
 *     +---------+--------+-------+-------+---------+---------+----------+--------+----------+-----------+----------+
 *     60        64        68       72     80                              208
 *     +---------+---------+--------+------+-------------------------------+
 *     | vtable  | → first | output | name | 8 × (mask u64, vtable, 0)     |   vtables of this batch by presence mask
 *     | (full)  | output  | fields | tail |                               |
 *     +---------+---------+--------+------+-------------------------------+
 *
 * bytes: of the table's fixed part. A bit of a mask is a field (or its null mark) that is present. `learned` is the
 * field that an object is expected to begin with. Masks, vtables and what is learned are the kernels' scratch.
 */
export const TABLE_FIELDS_AT = 0;
export const TABLE_FIELD_COUNT_AT = 4;
export const TABLE_BYTES_AT = 8;
export const TABLE_FLAGS_AT = 12;
export const TABLE_VTABLE_AT = 16;
export const TABLE_VTABLE_BYTES_AT = 20;
export const TABLE_REQUIRED_AT = 24;
export const TABLE_FULL_AT = 32;
export const TABLE_LEARNED_AT = 40;
export const TABLE_LAST_MASK_AT = 48;
export const TABLE_LAST_VTABLE_AT = 56;
export const TABLE_FULL_VTABLE_AT = 60;
export const TABLE_OUTPUTS_AT = 64;
export const TABLE_OUTPUT_COUNT_AT = 68;
export const TABLE_CACHE_AT = 80;
export const TABLE_ENTRY_BYTES = 208;
export const TABLE_CACHE_ENTRIES = 8;

/** More than 64 fields and null marks: each table carries a vtable of its own, and presence is read from that. */
export const TABLE_IS_WIDE = 1;
/** A name that the schema does not know is an error (additionalProperties: false). */
export const TABLE_IS_STRICT = 2;

/**
 * A FIELD, as decoding reads it: a member of an object, the single field of a box, or an array's element.
 *
 *     0              32           64      68     72     76   80     84      88          104
 *     +--------------+------------+-------+------+------+----+------+-------+-----------+-----------+
 *     | "name": × 32 | mask × 32  | bytes | kind | byte | bit| name | → name| name × 16 | mask × 16 |
 *     |              |            | of it |      | place|    | bytes|       |           |           |
 *     +--------------+------------+-------+------+------+----+------+-------+-----------+-----------+
 *     120       124      128     132     136    140        144       148        152
 *     +---------+--------+-------+-------+------+----------+---------+----------+---------+
 *     | learned:| → next | → what| flags | null | null's   | vtable  | null's   | stride  |  to 160
 *     | → next  | (ring) |   it  |       | mark | byte     | entry   | vtable   |         |
 *     |         |        | holds |       | bit  | place    |         | entry    |         |
 *     +---------+--------+-------+-------+------+----------+---------+----------+---------+
 *     160         168           176        184
 *     +-----------+-------------+----------+------------+
 *     | value: set| value: clear| null: set| null: clear|  to 192
 *     +-----------+-------------+----------+------------+
 *
 * The last four are presence masks: what a value, or null, sets and clears. Where null is required to be distinct
 * from absent but needs no mark in the table, a bit says that the field was seen.
 *
 * byte place: from the table's start. what it holds: a TABLE for objects and boxes, a FIELD for an array's element.
 * A name whose `"name":` is longer than 32 bytes never matches the prediction and is looked up.
 */
export const FIELD_PATTERN_AT = 0;
export const FIELD_PATTERN_MASK_AT = 32;
export const FIELD_PATTERN_BYTES_AT = 64;
export const FIELD_KIND_AT = 68;
export const FIELD_PLACE_AT = 72;
export const FIELD_BIT_AT = 76;
export const FIELD_NAME_BYTES_AT = 80;
export const FIELD_NAME_AT = 84;
export const FIELD_NAME16_AT = 88;
export const FIELD_NAME16_MASK_AT = 104;
export const FIELD_LEARNED_AT = 120;
export const FIELD_NEXT_AT = 124;
export const FIELD_HOLDS_AT = 128;
export const FIELD_FLAGS_AT = 132;
export const FIELD_NULL_BIT_AT = 136;
export const FIELD_NULL_PLACE_AT = 140;
export const FIELD_SLOT_AT = 144;
export const FIELD_NULL_SLOT_AT = 148;
export const FIELD_STRIDE_AT = 152;
export const FIELD_VALUE_SET_AT = 160;
export const FIELD_VALUE_CLEAR_AT = 168;
export const FIELD_NULL_SET_AT = 176;
export const FIELD_NULL_CLEAR_AT = 184;
export const FIELD_ENTRY_BYTES = 192;

/** null is a value of the field. */
export const FIELD_IS_NULLABLE = 1;
/** null and absent differ: null sets the null mark, a bool of its own. */
export const FIELD_HAS_NULL_MARK = 2;
/** An f64 that must be integral. */
export const FIELD_IS_INTEGRAL = 4;
/** An f64 within ±(2^53 - 1). */
export const FIELD_IS_SAFE = 8;
/** An f64 that JSON.parse would read as Infinity (1e400) is refused. */
export const FIELD_IS_FINITE = 16;
/** Must be present, be it as null (read for wide tables; others have masks). */
export const FIELD_IS_REQUIRED = 32;

/** What stands in a field. */
export const KIND_STRING = 0;
export const KIND_I64 = 1;
export const KIND_F64 = 2;
export const KIND_BOOL = 3;
export const KIND_I32 = 4;
export const KIND_OBJECT = 5;
export const KIND_ARRAY = 6;
/** Any JSON, kept as its text: a FlatBuffers string. */
export const KIND_RAW = 7;
/** A table with one field, for what a vector cannot hold itself: null, and arrays. */
export const KIND_BOX = 8;

/**
 * An OUTPUT FIELD, as encoding reads it.
 *
 *     0               32      36      40     44       48      52       56
 *     +---------------+-------+-------+------+--------+-------+--------+-------+
 *     | ,"name": × 32 | bytes | → it  | kind | vtable | holds | null's | flags |  to 64
 *     |               |       |       |      | entry  |       | entry  |       |
 *     +---------------+-------+-------+------+--------+-------+--------+-------+
 *
 * The text of a string's name ends with its opening quote. What is no field of the row has OUTPUT_NO_SLOT for its
 * vtable entry, which no row has: a constant, whose text holds its value too; a number that is computed, by the
 * EXPRESSION (abi/expression.ts) to which `holds` leads.
 */
export const OUTPUT_TEXT_AT = 0;
export const OUTPUT_TEXT_BYTES_AT = 32;
export const OUTPUT_LONG_TEXT_AT = 36;
export const OUTPUT_KIND_AT = 40;
export const OUTPUT_SLOT_AT = 44;
export const OUTPUT_HOLDS_AT = 48;
export const OUTPUT_NULL_SLOT_AT = 52;
export const OUTPUT_FLAGS_AT = 56;
export const OUTPUT_ENTRY_BYTES = 64;

/** Written as null where the field is absent from the table (nullable without null mark). */
export const OUTPUT_ABSENT_IS_NULL = 1;
/** Has a null mark. */
export const OUTPUT_HAS_NULL_MARK = 2;
export const OUTPUT_IS_CONSTANT = 4;
export const OUTPUT_IS_COMPUTED = 8;
/** A vtable is at most 65535 bytes long. */
export const OUTPUT_NO_SLOT = 65535;

/** Fields of one object type. */
export const JSON_FIELDS_MAX = 4096;
/** Object types and boxes of a schema; what their shared vtables take at most, 264 bytes each. */
export const JSON_TABLES_MAX = 240;
export const JSON_VTABLES_BYTES_MAX = 65536;
/** Object and array types of a schema, one within the other. */
export const JSON_SCHEMA_DEPTH_MAX = 64;
/** Objects and arrays within a value that is skipped or kept as text: JSON.parse goes deeper. */
export const JSON_DEPTH_MAX = 1024;
