/**
 * EXPRESSION: arithmetic on fields of a row's own table, in postfix order. Either all of it is f64, or all i64.
 *
 *     0       4      8
 *     +-------+------+------------------------+
 *     | nodes | type | node (16 bytes) × n    |     type: FIELD_F64 or FIELD_I64 (abi/field.ts)
 *     +-------+------+------------------------+
 *
 *     a node:  0      4       8
 *              +------+-------+--------+
 *              | kind | entry | number |            entry: the field's vtable entry, in bytes
 *              +------+-------+--------+            number: the constant, as f64 or i64
 *
 * A field that is null or absent makes all of it null.
 */
export const EXPRESSION_NODES_AT = 0;
export const EXPRESSION_TYPE_AT = 4;
export const EXPRESSION_FIRST_AT = 8;
export const EXPRESSION_NODE_KIND_AT = 0;
export const EXPRESSION_NODE_ENTRY_AT = 4;
export const EXPRESSION_NODE_NUMBER_AT = 8;
export const EXPRESSION_NODE_BYTES = 16;

export const EXPRESSION_CONSTANT = 0;
export const EXPRESSION_FIELD_F64 = 1;
export const EXPRESSION_FIELD_I64 = 2;
/** An i32, as f64. */
export const EXPRESSION_FIELD_I32 = 3;
/** A boolean, as f64 0 or 1: for comparisons. */
export const EXPRESSION_FIELD_BOOL = 4;
export const EXPRESSION_ADD = 5;
export const EXPRESSION_SUBTRACT = 6;
export const EXPRESSION_MULTIPLY = 7;
export const EXPRESSION_DIVIDE = 8;
export const EXPRESSION_REMAINDER = 9;
