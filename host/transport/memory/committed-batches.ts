import {
  ATTRIBUTE_CONTROL,
  ATTRIBUTE_TRANSACTIONAL,
  ATTRIBUTES_AT,
  BASE_OFFSET_AT,
  PRODUCER_ID_AT,
} from "../../../kernels/abi/record-batch-v2.ts";
import type { Partition } from "./partition.ts";

/**
 * The data batches of a partition, oldest first: up to the last stable offset and without aborted ones, or all. This
 * is the broker's own view, for tests to judge clients by: it shares no code with them.
 */
export function* committedBatches(partition: Partition, committedOnly: boolean): Generator<Buffer> {
  const end = committedOnly ? partition.lastStableOffset : partition.highWatermark;
  for (const batch of partition.log.batches(end)) {
    const attributes = batch.readInt16BE(ATTRIBUTES_AT);
    if ((attributes & ATTRIBUTE_CONTROL) !== 0) continue;
    const isTransactional = (attributes & ATTRIBUTE_TRANSACTIONAL) !== 0;
    if (committedOnly && isTransactional) {
      const offset = Number(batch.readBigInt64BE(BASE_OFFSET_AT));
      if (partition.isAborted(batch.readBigInt64BE(PRODUCER_ID_AT), offset)) continue;
    }
    yield batch;
  }
}
