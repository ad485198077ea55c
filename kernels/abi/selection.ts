/**
 * SELECTION: rows of a Batch, rising.
 *
 *     0      4                4 + 4 * kept
 *     +------+----------------+
 *     | kept | row u32 × kept |     room for rowsMax
 *     +------+----------------+
 */
export const SELECTION_KEPT_AT = 0;
export const SELECTION_ROWS_AT = 4;
