/**
 * INPUT: where the decoding of one source partition stands. Positions "in bytes" count from the first loaded byte.
 *
 *     0        4          8         12         16        20       24      28      32       36
 *     +--------+----------+---------+----------+---------+--------+-------+-------+--------+--------+
 *     | region | capacity | rowsMax | checkCrc | bytesAt | loaded | extra | cursor| end    | left   |
 *     +--------+----------+---------+----------+---------+--------+-------+-------+--------+--------+
 *     40          44        48               56          64           72               80
 *     +-----------+---------+----------------+-----------+------------+----------------+------------+
 *     | faultCode | faultAt | faultBaseOffset| fromOffset| baseOffset | baseTimestamp  | appendTime |
 *     +-----------+---------+----------------+-----------+------------+----------------+------------+
 *     88        92
 *     +---------+----------+
 *     | appends | previous |
 *     +---------+----------+
 *
 * region, capacity: the Batch's bytes in memory. bytesAt: from the region to the elements of `bytes`.
 * loaded: fetched bytes; extra: bytes appended behind them (mended strings).
 * cursor, end, left: next byte, end of the present record batch, its records that are not decoded yet.
 * appends: 1 where the present record batch has LogAppendTime. previous: offset delta of the record before.
 */
export const INPUT_REGION_AT = 0;
export const INPUT_CAPACITY_AT = 4;
export const INPUT_ROWS_MAX_AT = 8;
export const INPUT_CHECK_CRC_AT = 12;
export const INPUT_BYTES_AT = 16;
export const INPUT_LOADED_AT = 20;
export const INPUT_EXTRA_AT = 24;
export const INPUT_CURSOR_AT = 28;
export const INPUT_END_AT = 32;
export const INPUT_LEFT_AT = 36;
export const INPUT_FAULT_CODE_AT = 40;
export const INPUT_FAULT_AT = 44;
export const INPUT_FAULT_BASE_OFFSET_AT = 48;
export const INPUT_FROM_OFFSET_AT = 56;
export const INPUT_BASE_OFFSET_AT = 64;
export const INPUT_BASE_TIMESTAMP_AT = 72;
export const INPUT_APPEND_TIME_AT = 80;
export const INPUT_APPENDS_AT = 88;
export const INPUT_PREVIOUS_AT = 92;
export const INPUT_BYTES = 96;
