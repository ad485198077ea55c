import { decompressBatches } from "../kafka/compression/compress-batches.ts";
import type { AppendRules } from "./partition.ts";
import { decodeRecords } from "./plain-records.ts";
import { CODE } from "./response-codes.ts";

/** Of one batch, uncompressed, at most. */
const RECORDS_BYTES_MAX = 1 << 28;

/**
 * What a broker refuses when it looks at the records (Kafka: LogValidator.validateRecord, processRecordErrors): a record
 * without key in a compacted topic, a time out of bounds; NONE if all may pass. Looks only where there is a rule.
 * `batch`: one whole batch.
 */
export function codeOfRecords(batch: Buffer, nowMs: number, rules: AppendRules): number {
  const { keysRequired, logAppendTime, timestampBeforeMaxMs, timestampAfterMaxMs } = rules;
  const bounded = Number.isFinite(timestampBeforeMaxMs) || Number.isFinite(timestampAfterMaxMs);
  const timed = bounded && !logAppendTime;
  if (!keysRequired && !timed) return CODE.NONE;
  const all = decodeRecords(decompressBatches(batch, RECORDS_BYTES_MAX));
  const isOut = (timestamp: number) =>
    timestamp >= 0 && (nowMs - timestamp > timestampBeforeMaxMs || timestamp - nowMs > timestampAfterMaxMs);
  if (timed && all.some(({ timestamp }) => isOut(timestamp))) return CODE.INVALID_TIMESTAMP;
  return keysRequired && all.some(({ key }) => key === null) ? CODE.INVALID_RECORD : CODE.NONE;
}
