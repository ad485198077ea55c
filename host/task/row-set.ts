import type { BatchView } from "../batch/batch-view.ts";
import { keySelector, projector } from "../topology/evaluate.ts";
import type { Expression } from "../topology/expression.ts";
import type { ProjectedField } from "../topology/serde.ts";
import type { BatchHolder, KernelRows, KernelSelection } from "../wasm/kernel-instance.ts";
import type { Chunk } from "./chunk.ts";
import { type Fan, type Path, pathOf } from "./position.ts";

/** A batch that records on their way still stand in: keys, values, timestamps and headers by row. */
export interface RecordSource {
  readonly view: BatchView;
  readonly holder: BatchHolder;
  /** The values as kernels have decoded them; undefined: they have not. */
  readonly rows: KernelRows | undefined;
  /** Address of the JSON descriptor by which they were decoded. */
  readonly descriptor: number | undefined;
  /** Reads keys (values) by row. Readers are for one loop: the next kernel call may void them. */
  keyReader(): RowReader;
  valueReader(): RowReader;
}

/**
 * Records on their way through the steps: numbered items, with the keys and values that they have got. As long as no
 * step has made several records of one, an item's number is its row's.
 */
export interface RowSet {
  /** Where they all come from. */
  readonly chunk: Chunk;
  /** Where they stand, as far as no function has changed them. */
  readonly source: RecordSource;
  /** Which items, in linear memory; undefined: `items` alone knows. */
  readonly selection: KernelSelection | undefined;
  /** Which items, rising; undefined: `selection` alone knows. */
  readonly items: Uint32Array | undefined;
  /** By item; undefined: those of the source. */
  readonly keys: readonly unknown[] | undefined;
  readonly values: readonly unknown[] | undefined;
  /** What of the source's value is the key, where `keys` are none; undefined: the source's key. */
  readonly keyFrom: Expression | undefined;
  /** How the source's row is seen; undefined: as it is. */
  readonly projection: readonly ProjectedField[] | undefined;
  /** By item: its row in the source; undefined: the same number. */
  readonly at: Uint32Array | undefined;
  /** By item: its row of the chunk, and its way through fan-outs; undefined: the same number, and none. */
  readonly fan: Fan | undefined;
}

/** The items of a set behind a fan-out, each as a set of its own. */
export function singles(set: RowSet): readonly RowSet[] {
  const { fan, keys, values, at } = set;
  return Array.from(itemsOf(set), (item) => {
    const one = <T>(column: readonly T[] | undefined) => column?.slice(item, item + 1);
    const word = (column: Uint32Array) => column.subarray(item, item + 1);
    return {
      ...set,
      selection: undefined,
      items: Uint32Array.of(0),
      keys: one(keys),
      values: one(values),
      at: at && word(at),
      fan: fan && { rows: word(fan.rows), places: fan.places, ordinals: fan.ordinals.map(word) },
    };
  });
}

/** What `singles` has taken apart, and the same steps have gone over, as one set again. */
export function joined(sets: readonly RowSet[]): RowSet {
  const [first] = sets;
  const kept = sets.filter((set) => itemsOf(set).length > 0);
  if (kept.length < 2) return kept[0] ?? first!;
  const { fan, keys, values, at } = first!;
  const words = (column: (set: RowSet) => Uint32Array) => Uint32Array.from(kept, (set) => column(set)[0]!);
  return {
    ...first!,
    items: Uint32Array.from(kept.keys()),
    keys: keys && kept.map((set) => set.keys![0]),
    values: values && kept.map((set) => set.values![0]),
    at: at && words((set) => set.at!),
    fan: fan && {
      rows: words((set) => set.fan!.rows),
      places: fan.places,
      ordinals: fan.ordinals.map((_ordinals, index) => words((set) => set.fan!.ordinals[index]!)),
    },
  };
}

export type RowReader = (row: number) => unknown;

/** The items, as an array of the caller's own. */
export function itemsOf(set: RowSet): Uint32Array {
  return (set.items ?? set.selection!.rows).slice();
}

/** The row of the chunk that an item came from. */
export function chunkRow({ fan }: RowSet, item: number): number {
  return fan === undefined ? item : fan.rows[item]!;
}

/** The row of the source that an item stands in. */
export function sourceRow({ at }: RowSet, item: number): number {
  return at === undefined ? item : at[item]!;
}

export function itemPath({ fan }: RowSet, item: number): Path | undefined {
  return fan && pathOf(fan, item);
}

/** Reads keys by item. */
export function keyReader({ source, keys, keyFrom, at }: RowSet): RowReader {
  if (keys !== undefined) return (item) => keys[item];
  if (keyFrom === undefined) return through(source.keyReader(), at);
  const read = through(source.valueReader(), at);
  const select = keySelector(keyFrom);
  return (item) => select(read(item));
}

/** Reads values by item. */
export function valueReader({ source, values, projection, at }: RowSet): RowReader {
  if (values !== undefined) return (item) => values[item];
  const read = through(source.valueReader(), at);
  if (projection === undefined) return read;
  const project = projector(projection);
  return (item) => project(read(item));
}

const SOMETHING = new Uint8Array();
/** Of these, bytes are never read as null. */
const NEVER_NULL: ReadonlySet<string> = new Set(["string", "bytes", "i32", "i64", "f64"]);

/** Reads by item whether a value is null, where that can be seen without reading it; else the value. */
export function nullReader(set: RowSet): RowReader {
  const { source, chunk, values, projection, at } = set;
  const isPlain = source === chunk && values === undefined && projection === undefined;
  if (!isPlain || !NEVER_NULL.has(chunk.program.value.format)) return valueReader(set);
  const { view } = chunk;
  return through((row) => (view.valueLength(row) < 0 ? null : SOMETHING), at);
}

function through(read: RowReader, at: Uint32Array | undefined): RowReader {
  return at === undefined ? read : (item) => read(at[item]!);
}
