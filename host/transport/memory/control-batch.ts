import {
  ATTRIBUTE_CONTROL,
  ATTRIBUTE_TRANSACTIONAL,
  ATTRIBUTES_AT,
  BASE_SEQUENCE_AT,
  BASE_TIMESTAMP_AT,
  LENGTH_AT,
  LENGTH_OVERHEAD,
  MAGIC_AT,
  MAX_TIMESTAMP_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  RECORD_COUNT_AT,
  RECORDS_AT,
} from "../../../kernels/abi/record-batch-v2.ts";
import type { TransactionMarker } from "./partition.ts";
import { NO_SEQUENCE, stampChecksum } from "./stored-batch.ts";

/**
 * The one record of a control batch (Kafka: EndTransactionMarker.java), big-endian, lengths as zigzag varints.
 *
 *    0        1            2           3              4            5         7        9
 *    ├────────┼────────────┼───────────┼──────────────┼────────────┼─────────┼────────┼──────────┐
 *    │ length │ attributes │ timestamp │ offset delta │ key length │ version │ type   │ value    │
 *    │ 16     │ 0          │ delta 0   │ 0            │ 4          │ 0       │ 0, 1   │ length 6 │
 *    └────────┴────────────┴───────────┴──────────────┴────────────┴─────────┴────────┴──────────┘
 *   10        12                  16       17
 *    ├─────────┼───────────────────┼────────┤
 *    │ version │ coordinator epoch │ header │
 *    │ 0       │                   │ count 0│     type: 0 abort, 1 commit
 *    └─────────┴───────────────────┴────────┘
 */
const RECORD_BYTES = 17;
const TYPE_AT = 7;
const VALUE_LENGTH_AT = 9;
const COORDINATOR_EPOCH_AT = 12;
const KEY_LENGTH_AT = 4;

/** The batch that ends a transaction in one partition. Offset and leader epoch are stamped by the log. */
export function controlBatch(marker: TransactionMarker, nowMs: number): Buffer {
  const batch = Buffer.alloc(RECORDS_AT + RECORD_BYTES);
  batch.writeInt32BE(batch.length - LENGTH_OVERHEAD, LENGTH_AT);
  batch[MAGIC_AT] = 2;
  batch.writeInt16BE(ATTRIBUTE_TRANSACTIONAL | ATTRIBUTE_CONTROL, ATTRIBUTES_AT);
  batch.writeBigInt64BE(BigInt(nowMs), BASE_TIMESTAMP_AT);
  batch.writeBigInt64BE(BigInt(nowMs), MAX_TIMESTAMP_AT);
  batch.writeBigInt64BE(marker.producerId, PRODUCER_ID_AT);
  batch.writeInt16BE(marker.producerEpoch, PRODUCER_EPOCH_AT);
  batch.writeInt32BE(NO_SEQUENCE, BASE_SEQUENCE_AT);
  batch.writeInt32BE(1, RECORD_COUNT_AT);

  const record = batch.subarray(RECORDS_AT);
  record[0] = zigzag(RECORD_BYTES - 1);
  record[KEY_LENGTH_AT] = zigzag(4);
  record.writeInt16BE(marker.committed ? 1 : 0, TYPE_AT);
  record[VALUE_LENGTH_AT] = zigzag(6);
  record.writeInt32BE(marker.coordinatorEpoch, COORDINATOR_EPOCH_AT);
  stampChecksum(batch);
  return batch;
}

/** Of a small number, in one byte. */
function zigzag(value: number): number {
  return value << 1;
}
