import { RECORDS_AT } from "../../../kernels/abi/record-batch-v2.ts";
import { ByteReader } from "./protocol/byte-reader.ts";
import { type BatchHeader, batchHeaders } from "./record-batches.ts";

/** A transaction that was aborted, as a fetch response names it. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

export interface LiveBatches {
  /** Where live data batches stand, in bytes: neighbours are one range. */
  readonly ranges: readonly { readonly from: number; readonly to: number }[];
  /** Bytes in all ranges. */
  readonly bytes: number;
  /** The offset after the last whole batch, live or not; undefined: there was none. */
  readonly nextOffset: bigint | undefined;
  /** Whether a live batch is compressed. */
  readonly compressed: boolean;
}

/** Of a control record's type, which stands in its key behind a version (int16). */
const ABORT_MARKER = 0;

/**
 * Which batches of a fetched partition are to be processed: control batches drop out, and under read_committed
 * those of aborted transactions. `aborted`: as in the fetch response; null: there are none, or read_uncommitted.
 * A batch cut off at the end is left for the next fetch.
 *
 * As CompletedFetch does it in Kafka's consumer: a producer is in an aborted transaction from the first offset
 * that the response names until its abort marker.
 *
 * Errors: BATCH_CORRUPT, BATCH_FORMAT_OLD, MESSAGE_MALFORMED (a control record).
 */
export function filterCommitted(records: Buffer, aborted: readonly AbortedTransaction[] | null): LiveBatches {
  const waiting = [...(aborted ?? [])].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  const open = new Set<bigint>();
  const ranges: { from: number; to: number }[] = [];
  let nextAborted = 0;
  let nextOffset: bigint | undefined;
  let bytes = 0;
  let compressed = false;
  for (const batch of batchHeaders(records)) {
    nextOffset = batch.lastOffset + 1n;
    for (
      ;
      nextAborted < waiting.length && waiting[nextAborted]!.firstOffset <= batch.lastOffset;
      nextAborted++
    )
      open.add(waiting[nextAborted]!.producerId);
    if (batch.isControl) {
      if (open.has(batch.producerId) && isAbortMarker(records, batch)) open.delete(batch.producerId);
      continue;
    }
    if (batch.isTransactional && open.has(batch.producerId)) continue;
    bytes += batch.to - batch.from;
    compressed ||= batch.codec !== 0;
    const last = ranges.at(-1);
    if (last?.to === batch.from) last.to = batch.to;
    else ranges.push({ from: batch.from, to: batch.to });
  }
  return { ranges, bytes, nextOffset, compressed };
}

/** Reads the first record, which compaction may have removed, up to its key: length, attributes, timestamp, offset, key length, then version and type. */
function isAbortMarker(records: Buffer, batch: BatchHeader): boolean {
  if (batch.to - batch.from === RECORDS_AT) return false;
  const reader = new ByteReader(records.subarray(0, batch.to), batch.from + RECORDS_AT, "a control record");
  skipVarint(reader);
  reader.skip(1);
  for (let field = 0; field < 3; field++) skipVarint(reader);
  reader.int16();
  return reader.int16() === ABORT_MARKER;
}

function skipVarint(reader: ByteReader): void {
  while (reader.int8() < 0);
}
