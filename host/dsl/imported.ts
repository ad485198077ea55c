import { PeridotError } from "../errors.ts";
import type { ErrorSettings } from "../topology/error-settings.ts";
import type { Import, ImportedRecord, ItemSource, SourceControl } from "../topology/imported.ts";
import type { Err } from "../topology/result.ts";
import type { Serde } from "../topology/serde.ts";
import type { ExtractTimestamp, TimestampExtractor } from "../topology/timestamp-extractor.ts";
import type { KnownSerdes, Produced } from "./produced.ts";

/** What `record` gives for an item: a record, nothing (the item is passed over), or a refusal. */
type MadeRecord<K, V, P> = ImportedRecord<K, V, P> | Err | undefined;

interface ImportOptions<K, V, Item, P> {
  /**
   * Opens the source, in the main thread of the one process that feeds. `position` is the one that was committed last;
   * undefined: there is none. Its items are taken one at a time, as they are needed; at the end, and when another
   * process takes over, `control.signal` is aborted and the iterator's `return()` called.
   */
  readonly source: (
    position: P | undefined,
    control: SourceControl,
  ) => ItemSource<Item> | Promise<ItemSource<Item>>;
  readonly key: Serde<K>;
  readonly value: Serde<V>;
  /** A topic that exists; default: one of the application's own, `<application id>-<name>-import`. */
  readonly topic?: string;
  /** Of the application's own topic, when it is made; default 1. */
  readonly partitions?: number;
  /** Default: `failOnInvalidTimestamp`. */
  readonly timestampExtractor?: TimestampExtractor | ExtractTimestamp<K, V>;
  /** What differs, for items and records of this import, from the application's error settings. */
  readonly errors?: Partial<ErrorSettings>;
}

/** How an import is opened and written. Items that are records already (`ImportedRecord`) need no `record`. */
export type Imported<K, V, Item, P> = ImportOptions<K, V, Item, P> &
  ([Item] extends [ImportedRecord<K, V, P>]
    ? { readonly record?: (item: Item) => MadeRecord<K, V, P> }
    : { readonly record: (item: Item) => MadeRecord<K, V, P> });

/** How an export is written: as by `to`, into a topic of the application's own. */
export type ExportedAs<K, V, Known extends KnownSerdes> = Produced<K, V, Known> & {
  /** A topic that exists; default: one of the application's own, `<application id>-<name>-export`. */
  readonly topic?: string;
  /** Of the application's own topic, when it is made; default 1, which keeps the records in one order. */
  readonly partitions?: number;
};

/** The options of `export` may be left out once both serdes are known. */
export type ExportedArguments<K, V, Known extends KnownSerdes> = [KnownSerdes] extends [Known]
  ? [exported?: ExportedAs<K, V, Known>]
  : [exported: ExportedAs<K, V, Known>];

/** The import as the compiler and the importer know it. @throws TOPOLOGY_INVALID */
export function asImport<K, V, Item, P>(name: string, imported: Imported<K, V, Item, P>): Import {
  checkName("import", name);
  checkPartitions("import", name, imported);
  const { source, key, value, record, errors = {} } = imported;
  return { name, source, record, key, value, errors: { ...errors } };
}

/** What goes into names of topics, groups and transactional ids. */
export function checkName(what: "import" | "export", name: string): void {
  if (/^[a-zA-Z0-9._-]{1,100}$/.test(name)) return;
  throw new PeridotError("TOPOLOGY_INVALID", {
    problem: `an ${what} named ${JSON.stringify(name)}`,
    remedy: "Use 1 to 100 of the letters a-z, A-Z, 0-9, dot, underscore and hyphen",
  });
}

export function checkPartitions(
  what: "import" | "export",
  name: string,
  { topic, partitions }: { readonly topic?: string; readonly partitions?: number },
): void {
  const refused = (problem: string, remedy: string) =>
    new PeridotError("TOPOLOGY_INVALID", { problem: `the ${what} ${name} ${problem}`, remedy });
  if (topic === "") throw refused("has a topic without a name", "Name it, or leave it out");
  if (partitions === undefined) return;
  if (topic !== undefined) throw refused("says how many partitions a topic of yours has", "Leave them out");
  if (!(Number.isInteger(partitions) && partitions > 0))
    throw refused(`has ${partitions} partitions`, "Give a whole number above 0, or leave it out");
}
