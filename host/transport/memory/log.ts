import { LEADER_EPOCH_AT } from "../../../kernels/abi/record-batch-v2.ts";
import { readBatchHead, stampAppendTime, stampPosition } from "./stored-batch.ts";

const SEGMENT_BYTES_MIN = 16 * 1024;
const SEGMENT_BYTES_MAX = 4 * 1024 * 1024;

/** A batch in the log. Offsets are numbers here: a log in memory never comes near 2^53 records. */
export interface StoredBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly maxTimestamp: number;
  /** Position in its segment, and length, in bytes. */
  readonly at: number;
  readonly bytes: number;
}

/**
 * Batches one behind the other in one Buffer. Bytes that were written once never change, so whoever fetches gets a
 * view of them and no copy.
 */
interface Segment {
  readonly buffer: Buffer;
  usedBytes: number;
  readonly batches: StoredBatch[];
}

/** Where one leader epoch began. */
export interface EpochStart {
  readonly epoch: number;
  readonly startOffset: number;
}

/**
 * The record batches of one partition, byte for byte as a broker stores them. A batch lies within one segment, and
 * a read ends with its segment (as Kafka's LocalLog.read does).
 */
export class Log {
  readonly #segments: Segment[] = [];
  #startOffset = 0;
  #endOffset = 0;
  #bytes = 0;
  readonly epochs: EpochStart[] = [];

  get startOffset(): number {
    return this.#startOffset;
  }

  /** The offset that the next record will get. */
  get endOffset(): number {
    return this.#endOffset;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Copies one batch in and stamps it. `appendTimeMs`: set for LogAppendTime. */
  append(batch: Buffer, leaderEpoch: number, appendTimeMs?: number): StoredBatch {
    const segment = this.#segmentFor(batch.length);
    const at = segment.usedBytes;
    const stored = segment.buffer.subarray(at, at + batch.length);
    batch.copy(stored);
    stampPosition(stored, this.#endOffset, leaderEpoch);
    if (appendTimeMs !== undefined) stampAppendTime(stored, appendTimeMs);
    const head = readBatchHead(stored, 0);
    const entry: StoredBatch = {
      baseOffset: this.#endOffset,
      lastOffset: this.#endOffset + head.lastOffsetDelta,
      maxTimestamp: head.maxTimestamp,
      at,
      bytes: batch.length,
    };
    segment.usedBytes += batch.length;
    segment.batches.push(entry);
    this.#noteEpoch(leaderEpoch);
    this.#endOffset = entry.lastOffset + 1;
    this.#bytes += batch.length;
    return entry;
  }

  /**
   * Bytes from the batch that holds `fromOffset` on, up to the batch that begins at `endOffset`, at most `bytesMax`:
   * the last batch may be cut off, as brokers do. `wholeFirst`: the first batch comes whole, whatever its size.
   */
  read(fromOffset: number, endOffset: number, bytesMax: number, wholeFirst: boolean): Buffer {
    const segment = this.#segmentOf(fromOffset);
    if (segment === undefined || fromOffset >= endOffset) return Buffer.alloc(0);
    const first = segment.batches[firstIndex(segment.batches, (batch) => batch.lastOffset >= fromOffset)];
    if (first === undefined) return Buffer.alloc(0);
    const beyond = segment.batches[firstIndex(segment.batches, (batch) => batch.baseOffset >= endOffset)];
    const available = (beyond === undefined ? segment.usedBytes : beyond.at) - first.at;
    const wanted = wholeFirst ? Math.max(bytesMax, first.bytes) : bytesMax;
    return segment.buffer.subarray(first.at, first.at + Math.max(0, Math.min(available, wanted)));
  }

  /** The first batch whose largest timestamp is not before `timestamp`; its bytes with it. */
  batchAtTime(timestamp: number): { readonly batch: StoredBatch; readonly bytes: Buffer } | undefined {
    for (const segment of this.#segments) {
      for (const batch of segment.batches) {
        if (batch.maxTimestamp >= timestamp && batch.lastOffset >= this.#startOffset)
          return { batch, bytes: segment.buffer.subarray(batch.at, batch.at + batch.bytes) };
      }
    }
    return undefined;
  }

  /** All batches from the log's start up to `endOffset`, oldest first. */
  *batches(endOffset: number): Generator<Buffer> {
    for (const segment of this.#segments) {
      for (const batch of segment.batches) {
        if (batch.baseOffset >= endOffset) return;
        if (batch.lastOffset < this.#startOffset) continue;
        yield segment.buffer.subarray(batch.at, batch.at + batch.bytes);
      }
    }
  }

  /** Records below `offset` are gone. Memory comes back by whole segments. */
  deleteBefore(offset: number): void {
    this.#startOffset = Math.max(this.#startOffset, offset);
    const isLive = ({ batches }: Segment) => (batches.at(-1)?.lastOffset ?? -1) >= this.#startOffset;
    while (this.#segments.length > 1 && !isLive(this.#segments[0]!)) {
      this.#bytes -= this.#segments.shift()!.usedBytes;
    }
  }

  /**
   * The largest epoch not above `epoch`, and where the next one began (Kafka: LeaderEpochFileCache.endOffsetFor).
   * undefined: the log knows no such epoch.
   */
  endOfEpoch(epoch: number, currentEpoch: number): { epoch: number; endOffset: number } | undefined {
    if (epoch === currentEpoch) return { epoch, endOffset: this.#endOffset };
    const next = this.epochs.findIndex((start) => start.epoch > epoch);
    if (next === 0) return { epoch, endOffset: this.epochs[0]!.startOffset };
    if (next === -1) return undefined;
    return { epoch: this.epochs[next - 1]!.epoch, endOffset: this.epochs[next]!.startOffset };
  }

  /** The leader epoch under which the record at `offset` was written. */
  epochAt(offset: number): number {
    const segment = this.#segmentOf(offset);
    const batch =
      segment?.batches[firstIndex(segment.batches, (candidate) => candidate.lastOffset >= offset)];
    if (segment === undefined || batch === undefined) return this.epochs.at(-1)?.epoch ?? 0;
    return segment.buffer.readInt32BE(batch.at + LEADER_EPOCH_AT);
  }

  #noteEpoch(epoch: number): void {
    if (this.epochs.at(-1)?.epoch !== epoch) this.epochs.push({ epoch, startOffset: this.#endOffset });
  }

  /** Segments double, so that a thousand small partitions stay small. */
  #segmentFor(bytes: number): Segment {
    const last = this.#segments.at(-1);
    if (last !== undefined && last.buffer.length - last.usedBytes >= bytes) return last;
    const doubled =
      last === undefined ? SEGMENT_BYTES_MIN : Math.min(SEGMENT_BYTES_MAX, last.buffer.length * 2);
    const buffer = Buffer.allocUnsafeSlow(Math.max(doubled, bytes));
    const made: Segment = { buffer, usedBytes: 0, batches: [] };
    this.#segments.push(made);
    return made;
  }

  #segmentOf(offset: number): Segment | undefined {
    return this.#segments[
      firstIndex(this.#segments, ({ batches }) => (batches.at(-1)?.lastOffset ?? -1) >= offset)
    ];
  }
}

/** Index of the first element for which `holds`, which is false, then true; the length if it never is. */
function firstIndex<T>(elements: readonly T[], holds: (element: T) => boolean): number {
  let low = 0;
  let high = elements.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(elements[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
