/**
 * AGGREGATE: what is computed of a group's rows, and what the last call has made of a batch. The region is a Batch, laid
 * out as `decode` does (abi/batch.ts), with room for `capacity` records.
 *
 *     0      4        8         12       16         20        24      28       32      56
 *     +------+--------+---------+--------+----------+---------+-------+--------+-------+------------+
 *     | kind | status | dropped | region | capacity | records | room  | sources| FIELD | pendingMax |
 *     +------+--------+---------+--------+----------+---------+-------+--------+-------+------------+
 *
 *     sources:   row of the input u32 × capacity, by record
 *
 * pendingMax: 0: each change makes a record. Else changes wait in the STATE, and a call ends behind the row with which they
 * take more than so many bytes.
 *
 * status: why a call has stopped before its end. dropped: rows without key or value. room: bytes of the region.
 *
 * A value in the store has 16 bytes: timestamp, aggregate, both big endian, as Kafka's timestamped stores have them.
 */
export const AGGREGATE_KIND_AT = 0;
export const AGGREGATE_STATUS_AT = 4;
export const AGGREGATE_DROPPED_AT = 8;
export const AGGREGATE_REGION_AT = 12;
export const AGGREGATE_CAPACITY_AT = 16;
export const AGGREGATE_RECORDS_AT = 20;
export const AGGREGATE_ROOM_AT = 24;
export const AGGREGATE_SOURCES_AT = 28;
export const AGGREGATE_FIELD_AT = 32;
export const AGGREGATE_PENDING_MAX_AT = 56;
export const AGGREGATE_BYTES = 64;

export const AGGREGATE_COUNT = 0;
export const AGGREGATE_SUM = 1;
export const AGGREGATE_MIN = 2;
export const AGGREGATE_MAX = 3;
export const AGGREGATE_FIRST = 4;
export const AGGREGATE_LAST = 5;

export const AGGREGATE_DONE = 0;
/** The next row's key is not in memory: load it, go on there. */
export const AGGREGATE_MISS = 1;
/** The STATE has no room for the next row: flush, evict, go on there. */
export const AGGREGATE_FULL = 2;
/** So much waits that it is to be told before the next row. */
export const AGGREGATE_PENDING = 3;

/** Bytes of an aggregate's value in the store. */
export const AGGREGATE_VALUE_BYTES = 16;
