import { assert } from "../assert.ts";
import type { KernelInput, KernelSelection } from "./kernel-instance.ts";
import type { LinearMemory } from "./linear-memory.ts";
import { type ChangedEntry, StateTable } from "./state-table.ts";

/** What a changelog says of a store, gathered in linear memory: of each key the last record. */
export interface KernelRestore {
  /**
   * Takes in the selected records, from an index in the selection on.
   *
   * @returns index up to which they are in: where it is less than all, take the entries and go on.
   */
  add(from: KernelInput, selection: KernelSelection, start: number): number;
  /** Bytes that the entries take. */
  readonly usedBytes: number;
  /** Entries so far, in the order of their keys, read as they are asked for. */
  entries(): Iterable<ChangedEntry>;
  /** Forgets them. */
  clear(): void;
  close(): void;
}

export interface RestoreSettings {
  readonly bytesMax: number;
  /** Values are stored behind their records' timestamps. */
  readonly isStamped: boolean;
}

/** See KernelRestore. */
export function openRestore(memory: LinearMemory, { bytesMax, isStamped }: RestoreSettings): KernelRestore {
  const table = new StateTable(memory, { bytesMax, cacheBytesMax: 0, source: undefined });
  return {
    add(from, selection, start) {
      const [batch, stamped] = [from.batchAddress, isStamped ? 1 : 0];
      const done = memory.call((kernels) =>
        kernels.stateRestore(table.address, batch, selection.address, stamped, start),
      );
      assert(
        done > start || start === selection.count || table.entries > 0,
        "an empty table has room for a record",
      );
      return done;
    },
    get usedBytes() {
      return table.usedBytes;
    },
    entries: () => table.unflushed(),
    clear: () => table.reset(),
    close: () => table.close(),
  };
}
