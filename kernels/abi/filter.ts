/**
 * FILTER: an expression in postfix order.
 *
 *     0       8
 *     +-------+-----------------------+---------------------------------------------------+
 *     | nodes | node (48 bytes) × n   | what nodes point to: strings, FIELDs, EXPRESSIONs |     padded
 *     +-------+-----------------------+---------------------------------------------------+
 *
 *     a node:  0      4        8            32      40       44
 *              +------+--------+------------+-------+--------+--------+
 *              | kind | accept | FIELD      | number| textAt | length |
 *              +------+--------+------------+-------+--------+--------+
 *
 * accept: which outcomes of the comparison with the constant are true, a bit each (FILTER_LESS …). number: the
 * constant as i64 or f64. textAt: from the FILTER to the constant's bytes.
 *
 *     NODE_COMPARE_TEXTS:    FIELD is one side, the FIELD at textAt the other
 *     NODE_COMPARE_COMPUTED: the EXPRESSION at textAt is one side, that at `number` (u32, from the FILTER) the other
 *     NODE_COMPUTES:         true unless the EXPRESSION at textAt gives nothing
 */
export const FILTER_NODES_AT = 0;
export const FILTER_FIRST_AT = 8;
export const NODE_KIND_AT = 0;
export const NODE_ACCEPT_AT = 4;
export const NODE_FIELD_AT = 8;
export const NODE_NUMBER_AT = 32;
export const NODE_TEXT_AT = 40;
export const NODE_LENGTH_AT = 44;
export const NODE_BYTES = 48;

export const NODE_COMPARE = 0;
/** An i64 field against an f64 constant. */
export const NODE_COMPARE_AS_F64 = 1;
export const NODE_AND = 2;
export const NODE_OR = 3;
export const NODE_NOT = 4;
/** Two fields that are strings. */
export const NODE_COMPARE_TEXTS = 5;
/** Two expressions of one type. */
export const NODE_COMPARE_COMPUTED = 6;
export const NODE_COMPUTES = 7;

export const FILTER_LESS = 1;
export const FILTER_EQUAL = 2;
export const FILTER_GREATER = 4;
/** One side is null or absent. */
export const FILTER_NULL = 8;
/** NaN on either side. */
export const FILTER_UNORDERED = 16;
/** Both sides are: of two fields or expressions. */
export const FILTER_BOTH_NULL = 32;
