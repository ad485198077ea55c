/**
 * Kafka's record batch, version 2 (the numbers are Kafka's, big endian):
 *
 *     0          8      12          16      17    21           23
 *     +----------+------+-----------+-------+-----+------------+-------------------+
 *     |baseOffset|length|leaderEpoch|magic 2| crc | attributes | lastOffsetDelta   |
 *     +----------+------+-----------+-------+-----+------------+-------------------+
 *     27              35             43           51              53             57       61
 *     +---------------+--------------+------------+---------------+--------------+--------+---------+
 *     | baseTimestamp | maxTimestamp | producerId | producerEpoch | baseSequence | count  | records |
 *     +---------------+--------------+------------+---------------+--------------+--------+---------+
 *
 * `length` counts what follows it; the CRC-32C covers everything from `attributes` to the end. A record:
 *
 *     length (varint) | attributes (1 byte) | timestampDelta (varlong) | offsetDelta (varint) |
 *     keyLength (varint, -1 null) | key | valueLength (varint, -1 null) | value |
 *     headerCount (varint) | headerCount times: keyLength (varint) | key | valueLength (varint, -1 null) | value
 *
 * Varints are zigzag, at most 5 bytes; varlongs at most 10.
 */
export const BASE_OFFSET_AT = 0;
export const LENGTH_AT = 8;
export const LEADER_EPOCH_AT = 12;
export const MAGIC_AT = 16;
export const CRC_AT = 17;
export const ATTRIBUTES_AT = 21;
export const LAST_OFFSET_DELTA_AT = 23;
export const BASE_TIMESTAMP_AT = 27;
export const MAX_TIMESTAMP_AT = 35;
export const PRODUCER_ID_AT = 43;
export const PRODUCER_EPOCH_AT = 51;
export const BASE_SEQUENCE_AT = 53;
export const RECORD_COUNT_AT = 57;
export const RECORDS_AT = 61;

/** What `length` does not count: baseOffset and itself. */
export const LENGTH_OVERHEAD = 12;
/** The magic byte of this version. */
export const MAGIC_V2 = 2;
/** The smallest `length` of any version: what Kafka calls corrupt below it. */
export const LENGTH_MIN = 14;
/** Bytes of varint and varlong at most. */
export const VARINT_BYTES_MAX = 5;
export const VARLONG_BYTES_MAX = 10;

/** Bits of `attributes`: codec (0 none), timestamp type, transactional, control, delete horizon. */
export const ATTRIBUTE_CODEC_MASK = 0x07;
export const ATTRIBUTE_LOG_APPEND_TIME = 0x08;
export const ATTRIBUTE_TRANSACTIONAL = 0x10;
export const ATTRIBUTE_CONTROL = 0x20;
export const ATTRIBUTE_DELETE_HORIZON = 0x40;
