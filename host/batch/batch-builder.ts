import {
  BATCH_COLUMN_LEAD,
  BATCH_COLUMNS,
  BATCH_COLUMNS_AT,
  BATCH_IDENTIFIER,
  BATCH_IDENTIFIER_AT,
  BATCH_TABLE_AT,
  BATCH_TABLE_BASE_OFFSET_AT,
  BATCH_TABLE_BYTES,
  BATCH_TABLE_ERRORS_AT,
  BATCH_TABLE_POSITION_AT,
  BATCH_TABLE_ROWS_AT,
  BATCH_TABLE_VECTORS_AT,
  BATCH_VTABLE_AT,
  BATCH_VTABLE_BYTES,
} from "../../kernels/abi/batch.ts";
import { BATCH_ROWS_MAX, PAD_BYTES } from "../../kernels/abi/limits.ts";
import { assert } from "../assert.ts";
import type { BatchView } from "./batch-view.ts";
import { NO_HEADERS } from "./record-header.ts";

const HIGH = 2 ** 32;
/** Bytes of an element of each column, in the order of their ids (kernels/abi/batch.ts). */
const ELEMENT_BYTES = [4, 4, 8, 4, 4, 4, 4, 4, 4, 2, 4] as const;

/**
 * Makes a Batch (kernels/abi/record-batch.fbs) of rows that JavaScript gives, for a kernel to go on with. Its
 * buffers are used again for the next batch. At most BATCH_ROWS_MAX rows.
 */
export class BatchBuilder {
  #rows = 0;
  #room = 0;
  #offsetDeltas = new Int32Array(0);
  #positionDeltas = new Uint32Array(0);
  #timestamps = new BigInt64Array(0);
  #stampWords = new Int32Array(0);
  #keysAt = new Uint32Array(0);
  #keyLengths = new Int32Array(0);
  #valuesAt = new Uint32Array(0);
  #valueLengths = new Int32Array(0);
  #headersAt = new Uint32Array(0);
  #headersLengths = new Int32Array(0);
  #bytes: Buffer = Buffer.alloc(4096);
  #used = 0;

  /** Rows so far. */
  get rows(): number {
    return this.#rows;
  }

  /**
   * Appends a row. Text is written as UTF-8.
   *
   * @param timestamp milliseconds since the epoch.
   * @param rawHeaders the headers as a record holds them: BatchView.rawHeaders, writeHeaders.
   * @param order where the row came from: offset and position, each from that of the batch (see `finish`).
   */
  append(
    key: Uint8Array | string | null,
    value: Uint8Array | string | null,
    timestamp: bigint,
    rawHeaders: Uint8Array = NO_HEADERS,
    order?: { readonly offsetDelta: number; readonly positionDelta: number },
  ): void {
    const row = this.#rows;
    if (row === this.#room) this.#widen();
    this.#offsetDeltas[row] = order?.offsetDelta ?? row;
    this.#positionDeltas[row] = order?.positionDelta ?? row;
    this.#timestamps[row] = timestamp;
    this.#keysAt[row] = this.#used;
    this.#keyLengths[row] = this.#write(key);
    this.#valuesAt[row] = this.#used;
    this.#valueLengths[row] = this.#write(value);
    this.#headersAt[row] = this.#used;
    this.#headersLengths[row] = this.#write(rawHeaders);
    this.#rows = row + 1;
  }

  /** The same with a timestamp as a number, 0 or more: no bigint is made of it. */
  appendAt(
    key: Uint8Array | string | null,
    value: Uint8Array | string | null,
    timestamp: number,
    rawHeaders: Uint8Array,
  ): void {
    const row = this.#rows;
    this.append(key, value, 0n, rawHeaders);
    this.#stampWords[2 * row] = (timestamp % HIGH) | 0;
    this.#stampWords[2 * row + 1] = Math.floor(timestamp / HIGH);
  }

  /**
   * Appends a row that has another value than a row of another Batch, but its key, headers and timestamp: what
   * mapValues makes. Nothing is made of what is only copied.
   */
  appendValue(source: BatchView, row: number, value: Uint8Array | string | null): void {
    const to = this.#rows;
    if (to === this.#room) this.#widen();
    this.#offsetDeltas[to] = to;
    this.#positionDeltas[to] = to;
    this.#copyStamp(source, row);
    this.#keysAt[to] = this.#used;
    this.#keyLengths[to] = this.#copyKey(source, row);
    this.#valuesAt[to] = this.#used;
    this.#valueLengths[to] = this.#write(value);
    this.#headersAt[to] = this.#used;
    this.#headersLengths[to] = this.#write(source.rawHeaders(row));
    this.#rows = to + 1;
  }

  /**
   * The same where `write` writes the value (WriteValue, host/topology/serde.ts).
   *
   * @param key undefined: that of the source's row.
   * @returns false: it has not, and nothing is appended.
   */
  appendWritten(
    source: BatchView,
    row: number,
    key: Uint8Array | string | null | undefined,
    value: unknown,
    write: (value: unknown, target: Buffer, at: number) => number,
  ): boolean {
    const to = this.#rows;
    if (to === this.#room) this.#widen();
    const keyAt = this.#used;
    const keyLength = key === undefined ? this.#copyKey(source, row) : this.#write(key);
    const valueAt = this.#used;
    let end = write(value, this.#bytes, valueAt);
    while (end < 0) {
      this.#grow(-end);
      end = write(value, this.#bytes, valueAt);
    }
    if (end === 0) {
      this.#used = keyAt;
      return false;
    }
    this.#used = end;
    this.#offsetDeltas[to] = to;
    this.#positionDeltas[to] = to;
    this.#copyStamp(source, row);
    this.#keysAt[to] = keyAt;
    this.#keyLengths[to] = keyLength;
    this.#valuesAt[to] = valueAt;
    this.#valueLengths[to] = end - valueAt;
    this.#headersAt[to] = end;
    this.#headersLengths[to] = this.#write(source.rawHeaders(row));
    this.#rows = to + 1;
    return true;
  }

  /**
   * The Batch's bytes; the builder is empty again.
   *
   * @param baseOffset what the rows' offsetDelta counts from; `position`: the same for positionDelta.
   */
  finish(baseOffset = 0n, position = 0n): Buffer {
    const rows = this.#rows;
    const columnBytes = ELEMENT_BYTES.map((size) => BATCH_COLUMN_LEAD + ((rows * size + 7) & ~7));
    const bytesAt = columnBytes.reduce((sum, bytes) => sum + bytes, BATCH_COLUMNS_AT) + BATCH_COLUMN_LEAD;
    const batch = Buffer.alloc(bytesAt + this.#used + PAD_BYTES);
    writeHead(batch, rows, baseOffset, position);
    const columns = [
      this.#offsetDeltas,
      this.#positionDeltas,
      this.#timestamps,
      this.#keysAt,
      this.#keyLengths,
      this.#valuesAt,
      this.#valueLengths,
      this.#headersAt,
      this.#headersLengths,
    ];
    let column = BATCH_COLUMNS_AT;
    for (let index = 0; index <= BATCH_COLUMNS; index++) {
      const offsetAt = BATCH_TABLE_AT + BATCH_TABLE_VECTORS_AT + 4 * index;
      batch.writeUInt16LE(BATCH_TABLE_VECTORS_AT + 4 * index, BATCH_VTABLE_AT + 12 + 2 * index);
      batch.writeUInt32LE(column + 4 - offsetAt, offsetAt);
      batch.writeUInt32LE(index === BATCH_COLUMNS ? this.#used : rows, column + 4);
      const source = columns[index]; // without errors: their columns stay zero
      if (source !== undefined) {
        batch.set(
          new Uint8Array(source.buffer, 0, rows * source.BYTES_PER_ELEMENT),
          column + BATCH_COLUMN_LEAD,
        );
      }
      column += columnBytes[index] ?? 0;
    }
    this.#bytes.copy(batch, bytesAt, 0, this.#used);
    this.#rows = 0;
    this.#used = 0;
    return batch;
  }

  /** Forgets what was appended. */
  clear(): void {
    this.#rows = 0;
    this.#used = 0;
  }

  #copyStamp({ timestampWords }: BatchView, row: number): void {
    const to = this.#rows;
    this.#stampWords[2 * to] = timestampWords[2 * row]!;
    this.#stampWords[2 * to + 1] = timestampWords[2 * row + 1]!;
  }

  /** @returns the bytes copied; -1: null. */
  #copyKey(source: BatchView, row: number): number {
    const bytes = source.keyLength(row);
    if (this.#used + bytes > this.#bytes.length) this.#grow(bytes);
    source.copyKey(row, this.#bytes, this.#used);
    if (bytes > 0) this.#used += bytes;
    return bytes;
  }

  /** @returns the bytes written; -1: null. */
  #write(part: Uint8Array | string | null): number {
    if (part === null) return -1;
    if (part === NO_HEADERS) {
      if (this.#used === this.#bytes.length) this.#grow(1);
      this.#bytes[this.#used++] = 0;
      return 1;
    }
    const bytesMax = typeof part === "string" ? 3 * part.length : part.length;
    if (this.#used + bytesMax > this.#bytes.length) this.#grow(bytesMax);
    let written = bytesMax;
    if (typeof part === "string") written = this.#bytes.write(part, this.#used);
    else this.#bytes.set(part, this.#used);
    this.#used += written;
    return written;
  }

  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafe(2 * this.#bytes.length + bytes);
    this.#bytes.copy(larger, 0, 0, this.#used);
    this.#bytes = larger;
  }

  #widen(): void {
    assert(this.#room < BATCH_ROWS_MAX, "a batch has at most BATCH_ROWS_MAX rows");
    const room = Math.max(64, 2 * this.#room);
    this.#offsetDeltas = widened(new Int32Array(room), this.#offsetDeltas);
    this.#positionDeltas = widened(new Uint32Array(room), this.#positionDeltas);
    this.#timestamps = widened(new BigInt64Array(room), this.#timestamps);
    this.#stampWords = new Int32Array(this.#timestamps.buffer);
    this.#keysAt = widened(new Uint32Array(room), this.#keysAt);
    this.#keyLengths = widened(new Int32Array(room), this.#keyLengths);
    this.#valuesAt = widened(new Uint32Array(room), this.#valuesAt);
    this.#valueLengths = widened(new Int32Array(room), this.#valueLengths);
    this.#headersAt = widened(new Uint32Array(room), this.#headersAt);
    this.#headersLengths = widened(new Int32Array(room), this.#headersLengths);
    this.#room = room;
  }
}

function widened<Column extends { set(source: Column): void }>(larger: Column, present: Column): Column {
  larger.set(present);
  return larger;
}

function writeHead(batch: Buffer, rows: number, baseOffset: bigint, position: bigint): void {
  batch.writeUInt32LE(BATCH_TABLE_AT, 0);
  batch.writeUInt32LE(BATCH_IDENTIFIER, BATCH_IDENTIFIER_AT);
  batch.writeUInt16LE(BATCH_VTABLE_BYTES, BATCH_VTABLE_AT);
  batch.writeUInt16LE(BATCH_TABLE_BYTES, BATCH_VTABLE_AT + 2);
  const scalars = [
    BATCH_TABLE_BASE_OFFSET_AT,
    BATCH_TABLE_POSITION_AT,
    BATCH_TABLE_ERRORS_AT,
    BATCH_TABLE_ROWS_AT,
  ];
  scalars.forEach((at, index) => {
    batch.writeUInt16LE(at, BATCH_VTABLE_AT + 4 + 2 * index);
  });
  batch.writeInt32LE(BATCH_TABLE_AT - BATCH_VTABLE_AT, BATCH_TABLE_AT);
  batch.writeBigInt64LE(baseOffset, BATCH_TABLE_AT + BATCH_TABLE_BASE_OFFSET_AT);
  batch.writeBigUInt64LE(position, BATCH_TABLE_AT + BATCH_TABLE_POSITION_AT);
  batch.writeUInt32LE(rows, BATCH_TABLE_AT + BATCH_TABLE_ROWS_AT);
}
