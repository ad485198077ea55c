/**
 * SELECTION: rows of a Batch, rising.
 *
 *     0      4      8                8 + 4 * kept
 *     +------+------+----------------+
 *     | kept | room | row u32 × kept |     room: most rows that fit
 *     +------+------+----------------+
 */
export const SELECTION_KEPT_AT = 0;
export const SELECTION_ROOM_AT = 4;
export const SELECTION_ROWS_AT = 8;
