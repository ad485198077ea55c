/**
 * SINK: record batches under construction, one BUILDER for each partition.
 *
 *     0            4               8            12               16        20        24
 *     +------------+---------------+------------+----------------+---------+---------+---------------+
 *     | partitions | batchBytesMax | recordsMax | recordBytesMax | sealed  | last    | sealedBytes   |
 *     +------------+---------------+------------+----------------+---------+---------+---------------+
 *     28       32       36           40       44          48        52            56           60             64
 *     +--------+--------+------------+--------+-----------+---------+-------------+------------+--------------+---------------+
 *     | sticky | status | columnRoom | column | openBytes | refused | lengthGuess | valueGuess | keysRequired | BUILDER × ... |
 *     +--------+--------+------------+--------+-----------+---------+-------------+------------+--------------+---------------+
 *
 * sealed, last: first and last of the finished batches, each the address of a BLOCK. sticky: partition of rows
 * without key. status: why the last append stopped early (0: it did not). column: the host's partition of each
 * row, room for columnRoom rows. sealedBytes, openBytes: finished and unfinished
 * bytes. refused: rows that the last append gave an error. lengthGuess, valueGuess: bytes of the
 * last record's length, and of its value's. keysRequired: 1: a record without key is refused, as a compacted topic does.
 */
export const SINK_PARTITIONS_AT = 0;
export const SINK_BATCH_BYTES_MAX_AT = 4;
export const SINK_RECORDS_MAX_AT = 8;
export const SINK_RECORD_BYTES_MAX_AT = 12;
export const SINK_SEALED_AT = 16;
export const SINK_LAST_AT = 20;
export const SINK_SEALED_BYTES_AT = 24;
export const SINK_STICKY_AT = 28;
export const SINK_STATUS_AT = 32;
export const SINK_COLUMN_ROOM_AT = 36;
export const SINK_COLUMN_AT = 40;
export const SINK_OPEN_BYTES_AT = 44;
export const SINK_REFUSED_AT = 48;
export const SINK_LENGTH_GUESS_AT = 52;
export const SINK_VALUE_GUESS_AT = 56;
export const SINK_KEYS_REQUIRED_AT = 60;
export const SINK_BUILDERS_AT = 64;

/**
 * BUILDER:
 *
 *     0       4      8        12      16              24             32
 *     +-------+------+--------+-------+---------------+--------------+----------+
 *     | block | end  | cursor | count | baseTimestamp | maxTimestamp | roomHint |   64 bytes in all
 *     +-------+------+--------+-------+---------------+--------------+----------+
 *
 * block: 0, or the BLOCK that holds the open batch; end: of its room; cursor: where the next record goes.
 * roomHint: bytes that the last batch took.
 */
export const BUILDER_BLOCK_AT = 0;
export const BUILDER_END_AT = 4;
export const BUILDER_CURSOR_AT = 8;
export const BUILDER_COUNT_AT = 12;
export const BUILDER_BASE_TIMESTAMP_AT = 16;
export const BUILDER_MAX_TIMESTAMP_AT = 24;
export const BUILDER_ROOM_HINT_AT = 32;
export const BUILDER_BYTES = 64;

/**
 * BLOCK: one record batch with what the host wants to know of it.
 *
 *     0      4           8       12        64
 *     +------+-----------+-------+---------+----------------------+
 *     | next | partition | bytes | records | the record batch ... |
 *     +------+-----------+-------+---------+----------------------+
 *
 * The batch's CRC is right while its producer fields are -1. A producer that stamps those computes the new one
 * from it and the header alone (crc32cReplaceHead in host/transport/crc32c.ts).
 */
export const BLOCK_NEXT_AT = 0;
export const BLOCK_PARTITION_AT = 4;
export const BLOCK_BYTES_AT = 8;
export const BLOCK_RECORDS_AT = 12;
export const BLOCK_BATCH_AT = 64;
