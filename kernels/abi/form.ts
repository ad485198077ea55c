/**
 * FORM: how a row becomes a record. Two parts, the key's and then the value's, and behind them (at 64) a word that says
 * whether the record has the row's headers (1) or none (0):
 *
 *     0      4            8       12      16             32
 *     +------+------------+-------+-------+--------------+
 *     | from | descriptor | type  | depth | slot u16 × 8 |
 *     +------+------------+-------+-------+--------------+
 *
 * from: one of FORM_FROM_*. descriptor: the JSON encode descriptor's address. type, depth, slots: the FIELD, as in
 * a filter.
 */
export const FORM_FROM_AT = 0;
export const FORM_DESCRIPTOR_AT = 4;
export const FORM_FIELD_AT = 8;
export const FORM_PART_BYTES = 32;
export const FORM_HEADERS_AT = 64;
export const FORM_BYTES = 68;

/**
 * The batch's own bytes; a field of the row by the serde of its type (in a key that is text, lone surrogates become
 * "?"; in a value they stay); the row as JSON.
 */
export const FORM_FROM_BATCH = 0;
export const FORM_FROM_FIELD = 1;
export const FORM_FROM_JSON = 2;
