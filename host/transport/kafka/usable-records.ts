import {
  LEADER_EPOCH_AT,
  LENGTH_AT,
  LENGTH_OVERHEAD,
  RECORDS_AT,
} from "../../../kernels/abi/record-batch-v2.ts";
import { decompressBatches } from "./compression/compress-batches.ts";
import { type AbortedTransaction, filterCommitted } from "./filter-committed.ts";

/** What one partition's share of an answer may come to when it is decompressed, in bytes. */
const PLAIN_BYTES_MAX = 64 << 20;
const NOTHING = Buffer.alloc(0);

export interface UsableRecords {
  readonly records: Buffer;
  readonly nextOffset: bigint;
  /** Of the last whole batch, usable or not. */
  readonly leaderEpoch: number;
  /** false: `records` is a view of what was given. */
  readonly isOwnCopy: boolean;
}

/**
 * The batches that are to be processed, one behind the other, uncompressed. Where others stood between them, those
 * behind move up within the given bytes. undefined: there is no whole batch.
 * Errors: those of filterCommitted and decompressBatches.
 */
export function usableRecords(
  fetched: Buffer | null,
  aborted: readonly AbortedTransaction[] | null,
): UsableRecords | undefined {
  if (fetched === null || fetched.length === 0) return undefined;
  const { ranges, bytes, nextOffset, compressed } = filterCommitted(fetched, aborted);
  if (nextOffset === undefined) return undefined;
  const leaderEpoch = lastLeaderEpoch(fetched);
  if (bytes === 0) return { records: NOTHING, nextOffset, leaderEpoch, isOwnCopy: true };
  const first = ranges[0]!;
  let end = first.to;
  for (let index = 1; index < ranges.length; index++) {
    const { from, to } = ranges[index]!;
    fetched.copyWithin(end, from, to);
    end += to - from;
  }
  const kept = fetched.subarray(first.from, end);
  const records = compressed ? decompressBatches(kept, PLAIN_BYTES_MAX) : kept;
  return { records, nextOffset, leaderEpoch, isOwnCopy: compressed };
}

function lastLeaderEpoch(records: Buffer): number {
  let leaderEpoch = -1;
  for (let from = 0; from + RECORDS_AT <= records.length; ) {
    const to = from + LENGTH_OVERHEAD + records.readInt32BE(from + LENGTH_AT);
    if (to > records.length) break;
    leaderEpoch = records.readInt32BE(from + LEADER_EPOCH_AT);
    from = to;
  }
  return leaderEpoch;
}
