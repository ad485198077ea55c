/**
 * FIELD: where a field stands, from a row's table inwards.
 *
 *     0      4       8
 *     +------+-------+--------------+
 *     | type | depth | slot u16 × 8 |     slot: the vtable entry, in bytes (4 + 2 * field id)
 *     +------+-------+--------------+
 */
export const FIELD_TYPE_AT = 0;
export const FIELD_DEPTH_AT = 4;
export const FIELD_SLOTS_AT = 8;
export const FIELD_BYTES = 24;

export const FIELD_STRING = 0;
export const FIELD_I32 = 1;
export const FIELD_I64 = 2;
export const FIELD_F64 = 3;
export const FIELD_BOOL = 4;
