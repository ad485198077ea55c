/**
 * Bounds of what the kernels take. test/kernels/limits.test.ts asserts how they relate; kernels assert them at
 * their entry.
 */

/** Linear memory, in pages of 64 KiB: 1 GiB, so that every address is a positive i32. */
export const MEMORY_PAGES_MAX = 16384;
/** Zeros behind every region that a SIMD load may read past, in bytes. */
export const PAD_BYTES = 64;
/** Rows of one Batch. */
export const BATCH_ROWS_MAX = 65536;
/** Fetched records that one input holds, in bytes. */
export const INPUT_BYTES_MAX = 268435456;
/** Partitions of one sink. */
export const PARTITIONS_MAX = 16384;
/** Size at which a record batch is sealed, unless configured, in bytes: large requests cost the brokers least. */
export const BATCH_BYTES_DEFAULT = 900000;
/** Largest such size that can be configured, in bytes. */
export const BATCH_BYTES_MAX = 67108864;
/** Records of one record batch that a sink makes. */
export const BATCH_RECORDS_MAX = 65536;
/** One record on its own, unless configured, in bytes: Kafka's max.request.size, less the batch's header. */
export const RECORD_BYTES_DEFAULT = 1048515;
/** Finished record batches that a sink holds before it asks the host to take them, in bytes. */
export const SINK_SEALED_BYTES_MAX = 8388608;
/** Leaves and connectives of one filter. */
export const FILTER_NODES_MAX = 64;
/** Vtable slots from a row inwards to a field. */
export const FIELD_DEPTH_MAX = 8;
/** Field names, each with the type that it is read as, of one user kernel. */
export const KERNEL_FIELDS_MAX = 96;
/** What a user kernel makes of one batch before it is asked to go on with another one, in bytes; and of one row. */
export const KERNEL_OUTPUT_BYTES_MAX = 16777216;
/** Objects and arrays within each other that a user kernel writes. */
export const KERNEL_JSON_DEPTH_MAX = 64;
/** Fields, constants and operators of one expression. */
export const EXPRESSION_NODES_MAX = 64;
