import { BatchBuilder } from "../batch/batch-builder.ts";
import type { AnySerde } from "../topology/serde.ts";
import { type BadRow, type BadRows, type Origin, readable } from "./bad-rows.ts";
import { asError, type Chunk } from "./chunk.ts";
import { deadLetterHeaders } from "./dead-letter.ts";
import type { SinkProgram } from "./program.ts";
import { keyReader, type RowReader, type RowSet, rowsOf, valueReader } from "./row-set.ts";

/** What JavaScript has made for a sink, as a Batch. */
export interface EncodedArrival {
  readonly batch: Uint8Array;
  /** By record: the row of the chunk that it came from. */
  readonly rows: Uint32Array;
}

/** Serializes keys and values. A row whose serde refuses it is a bad row, and left out. */
export function encodeArrival(sink: SinkProgram, set: RowSet, bad: BadRows): EncodedArrival {
  const append = appender(sink, set);
  const rows = rowsOf(set);
  let made = 0;
  for (const row of rows) {
    if (row >= bad.limit) break;
    try {
      append(row);
      rows[made++] = row;
    } catch (thrown) {
      const error = asError(thrown, sink.name);
      bad.add({ row, place: sink.place, node: sink.name, stage: "serialization", error });
    }
  }
  return { batch: sink.builder.finish(), rows: rows.subarray(0, made) };
}

/** What appends one row to the sink's builder, chosen by what has to be made for it. */
function appender(sink: SinkProgram, set: RowSet): (row: number) => void {
  const { builder, write } = sink;
  const { view } = set.chunk;
  const key = set.keys === undefined && sink.keepsKey ? undefined : serializer(sink.key, keyReader(set));
  if (set.values === undefined && sink.keepsValue) {
    return (row) => {
      const keyBytes = key === undefined ? view.key(row) : key(row);
      builder.append(keyBytes, view.value(row), view.timestampBigint(row), view.rawHeaders(row));
    };
  }
  const value = valueReader(set);
  return (row) => {
    const made = value(row);
    const keyBytes = key?.(row);
    if (write !== undefined && builder.appendWritten(view, row, keyBytes, made, write)) return;
    const valueBytes = serialized(sink.value, made);
    if (keyBytes === undefined) builder.appendValue(view, row, valueBytes);
    else builder.append(keyBytes, valueBytes, view.timestampBigint(row), view.rawHeaders(row));
  };
}

function serializer(serde: AnySerde, read: RowReader): (row: number) => Uint8Array | string | null {
  return (row) => serialized(serde, read(row));
}

function serialized(serde: AnySerde, value: unknown): Uint8Array | string | null {
  return value === null ? null : serde.serialize(value);
}

/** The records as they were read, with their errors as headers (KIP-1034). */
export function encodeDeadLetters(letters: readonly BadRow[], chunk: Chunk, origin: Origin): Uint8Array {
  const builder = new BatchBuilder();
  for (const letter of letters) {
    const { key, value } = readable(chunk, letter.row);
    const headers = deadLetterHeaders(chunk, letter, origin);
    builder.append(key, value, chunk.view.timestampBigint(letter.row), headers);
  }
  return builder.finish();
}
