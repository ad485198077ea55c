import type { ErrorSettings } from "./error-settings.ts";
import type { AnySerde } from "./serde.ts";

/** What an import reads: an async generator, a Web ReadableStream, a Node Readable, an array, any other iterable. */
export type ItemSource<Item> = AsyncIterable<Item> | Iterable<Item>;

/** What a source is told beside its position. */
export interface SourceControl {
  /** Aborted when the source is to end, so that what it waits for can be given up. */
  readonly signal: AbortSignal;
}

/** A record on its way into Kafka. `P`: the source's positions. */
export interface ImportedRecord<K, V, P = unknown> {
  /** Default null. */
  readonly key?: K | null;
  readonly value: V | null;
  /** Milliseconds since the epoch; default: the clock, when the item was taken. */
  readonly timestamp?: number;
  /** Texts are written as UTF-8. */
  readonly headers?: readonly { readonly key: string; readonly value: Uint8Array | string | null }[];
  /**
   * Where the source is to begin in order to give what comes behind this record: any value that JSON holds, in at
   * most 4,000 bytes of JSON. It is committed with the record.
   */
  readonly position?: P;
}

/** An import as the builder has noted it, its types forgotten. */
export interface Import {
  readonly name: string;
  readonly source: (
    position: never,
    control: SourceControl,
  ) => ItemSource<unknown> | Promise<ItemSource<unknown>>;
  /** undefined: the items are records already. */
  readonly record: ((item: never) => unknown) | undefined;
  readonly key: AnySerde;
  readonly value: AnySerde;
  /** What differs from the application's settings. */
  readonly errors: Partial<ErrorSettings>;
}
