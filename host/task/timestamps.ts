import type { WallClock } from "../clock.ts";
import { PeridotError } from "../errors.ts";
import type { TimestampExtractor } from "../topology/timestamp-extractor.ts";
import type { Origin } from "./bad-rows.ts";
import { asError, type Chunk } from "./chunk.ts";

/** No record of the partition has been seen yet. */
export const NO_TIME = -1;

type RecordTimestamps = Extract<TimestampExtractor, { from: "record" }>;
type FunctionTimestamps = Extract<TimestampExtractor, { from: "function" }>;

/**
 * Gives each row of a chunk its event time, in offset order, and writes it into the batch: what comes of the row
 * carries it. Rows without a valid one are dropped, or stop the chunk, as the extractor says.
 *
 * @param partitionTime largest event time of the partition before this chunk
 */
export function extractTimestamps(
  chunk: Chunk,
  origin: Origin,
  partitionTime: number,
  clock: WallClock,
): void {
  const extractor = chunk.program.timestamps;
  switch (extractor.from) {
    case "record":
      chunk.latest = latestUnlessNegative(chunk.view.timestamps);
      if (chunk.latest === undefined) checkEach(chunk, origin, partitionTime, extractor);
      return;
    case "wall-clock":
      stampAll(chunk, BigInt(clock.now()));
      return;
    case "function":
      callEach(chunk, origin, partitionTime, extractor);
  }
}

/** A record that cannot be read keeps its own timestamp: a dead letter carries it. */
function stampAll({ gone, rowCount, view }: Chunk, now: bigint): void {
  if (gone.size === 0) view.timestamps.fill(now);
  else for (let row = 0; row < rowCount; row++) if (!gone.has(row)) view.timestamps[row] = now;
}

/** The largest event time of rows `from` to `to` that are not gone, or `before` if that is larger. */
export function timeAfter(chunk: Chunk, from: number, to: number, before: number): number {
  const { gone, latest } = chunk;
  if (latest !== undefined && gone.size === 0 && from === 0 && to === chunk.rowCount) {
    return Math.max(before, latest);
  }
  const words = wordsOf(chunk.view.timestamps);
  const all = gone.size === 0;
  let high = -1;
  let low = 0;
  for (let row = from; row < to; row++) {
    const rowHigh = words[2 * row + 1]!;
    if (rowHigh < high) continue;
    const rowLow = words[2 * row]! >>> 0;
    if (rowHigh === high && rowLow <= low) continue;
    if (!all && gone.has(row)) continue;
    high = rowHigh;
    low = rowLow;
  }
  return Math.max(before, high * HIGH + low);
}

/** A row's event time in milliseconds. */
export function timeOf(chunk: Chunk, row: number): number {
  return timeAt(wordsOf(chunk.view.timestamps), row);
}

const HIGH = 2 ** 32;

// Halves of 32 bits: a bigint for each row would cost more than all else that the host does for a batch.

function wordsOf(stamps: BigInt64Array): Int32Array {
  return new Int32Array(stamps.buffer, stamps.byteOffset, stamps.length * 2);
}

function timeAt(words: Int32Array, row: number): number {
  return words[2 * row + 1]! * HIGH + (words[2 * row]! >>> 0);
}

/** The largest timestamp; undefined: one is negative. */
function latestUnlessNegative(stamps: BigInt64Array): number | undefined {
  const words = wordsOf(stamps);
  let signs = 0;
  let high = 0;
  let low = 0;
  for (let index = 1; index < words.length; index += 2) {
    const rowHigh = words[index]!;
    signs |= rowHigh;
    if (rowHigh < high) continue;
    const rowLow = words[index - 1]! >>> 0;
    if (rowHigh === high && rowLow <= low) continue;
    high = rowHigh;
    low = rowLow;
  }
  return signs < 0 ? undefined : high * HIGH + low;
}

function checkEach(
  chunk: Chunk,
  origin: Origin,
  partitionTime: number,
  { onInvalid }: RecordTimestamps,
): void {
  let latest = partitionTime;
  for (let row = 0; row < chunk.rowCount && chunk.stop === undefined; row++) {
    if (chunk.gone.has(row)) continue;
    const time = timeOf(chunk, row);
    if (time >= 0) {
      latest = Math.max(latest, time);
    } else if (onInvalid === "fail") {
      stopAt(chunk, origin, row, `it is ${time}`);
    } else if (onInvalid === "skip") {
      drop(chunk, row);
    } else if (latest < 0) {
      stopAt(chunk, origin, row, `it is ${time}, and its partition has no time yet`);
    } else {
      chunk.view.timestamps[row] = BigInt(latest);
    }
  }
}

function callEach(
  chunk: Chunk,
  origin: Origin,
  partitionTime: number,
  { extract }: FunctionTimestamps,
): void {
  let latest = partitionTime;
  const key = chunk.keyReader();
  const value = chunk.valueReader();
  for (let row = 0; row < chunk.rowCount && chunk.stop === undefined; row++) {
    if (chunk.gone.has(row)) continue;
    try {
      const record = { ...origin, ...recordAt(chunk, row), key: key(row), value: value(row) };
      const time = Math.trunc(extract(record, latest));
      if (!Number.isSafeInteger(time)) {
        stopAt(chunk, origin, row, `the extractor gave ${time}`);
      } else if (time < 0) {
        drop(chunk, row);
      } else {
        latest = Math.max(latest, time);
        chunk.view.timestamps[row] = BigInt(time);
      }
    } catch (thrown) {
      const error = asError(thrown, "the timestamp extractor");
      stopAt(chunk, origin, row, `the extractor threw: ${error.message}`, error);
    }
  }
}

function recordAt({ view }: Chunk, row: number) {
  return { timestamp: view.timestamp(row), offset: view.offset(row) };
}

function drop(chunk: Chunk, row: number): void {
  chunk.gone.add(row);
  chunk.dropped.push(row);
}

function stopAt(chunk: Chunk, origin: Origin, row: number, problem: string, cause?: Error): void {
  const facts = { ...origin, offset: chunk.view.offset(row), problem };
  chunk.stop = { row, error: new PeridotError("TIMESTAMP_INVALID", facts, cause) };
}
