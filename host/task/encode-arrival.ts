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
  const { view } = set.chunk;
  const key = set.keys === undefined && sink.keepsKey ? undefined : serializer(sink.key, keyReader(set));
  const value =
    set.values === undefined && sink.keepsValue ? undefined : serializer(sink.value, valueReader(set));
  const rows = rowsOf(set);
  const { builder } = sink;
  let made = 0;
  for (const row of rows) {
    if (row >= bad.limit) break;
    try {
      const keyBytes = key === undefined ? view.key(row) : key(row);
      const valueBytes = value === undefined ? view.value(row) : value(row);
      builder.append(keyBytes, valueBytes, view.timestampBigint(row), view.rawHeaders(row));
      rows[made++] = row;
    } catch (thrown) {
      const error = asError(thrown, sink.name);
      bad.add({ row, place: sink.place, node: sink.name, stage: "serialization", error });
    }
  }
  return { batch: builder.finish(), rows: rows.subarray(0, made) };
}

function serializer(serde: AnySerde, read: RowReader): (row: number) => Uint8Array | string | null {
  return (row) => {
    const value = read(row);
    return value === null ? null : serde.serialize(value);
  };
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
