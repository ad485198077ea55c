import type { ProjectedField } from "../topology/serde.ts";
import type { KernelSelection } from "../wasm/kernel-instance.ts";
import type { Chunk } from "./chunk.ts";

/** Rows of a chunk on their way through the steps, with the keys and values that they have got on it. */
export interface RowSet {
  readonly chunk: Chunk;
  /** Which rows, in linear memory; undefined: `rows` alone knows. */
  readonly selection: KernelSelection | undefined;
  /** Which rows, rising; undefined: `selection` alone knows. */
  readonly rows: Uint32Array | undefined;
  /** By row; undefined: the source's. */
  readonly keys: readonly unknown[] | undefined;
  readonly values: readonly unknown[] | undefined;
  /** How the source's row is seen; undefined: as it is. */
  readonly projection: readonly ProjectedField[] | undefined;
}

export type RowReader = (row: number) => unknown;

/** The rows, as an array of the caller's own. */
export function rowsOf(set: RowSet): Uint32Array {
  return (set.rows ?? set.selection!.rows).slice();
}

export function keyReader({ chunk, keys }: RowSet): RowReader {
  return keys === undefined ? chunk.keyReader() : (row) => keys[row];
}

export function valueReader({ chunk, values, projection }: RowSet): RowReader {
  if (values !== undefined) return (row) => values[row];
  const read = chunk.valueReader();
  return projection === undefined ? read : (row) => project(read(row), projection);
}

/** The fields are taken one by one as plain properties: what nobody reads of them costs its share all the same. */
function project(value: unknown, projection: readonly ProjectedField[]): unknown {
  if (value === null) return null;
  const row = value as Readonly<Record<string, unknown>>;
  const projected: Record<string, unknown> = {};
  for (const { name, from } of projection) {
    const field = row[from];
    if (field !== undefined) projected[name] = field;
  }
  return projected;
}
