import { SELECTION_KEPT_AT, SELECTION_ROOM_AT, SELECTION_ROWS_AT } from "../../kernels/abi/selection.ts";
import { assert } from "../assert.ts";
import type { KernelSelection } from "./kernel-instance.ts";
import type { LinearMemory } from "./linear-memory.ts";

/** See KernelSelection. */
export function openSelection(memory: LinearMemory, rowsMax: number): KernelSelection {
  const address = memory.allocate(SELECTION_ROWS_AT + 4 * rowsMax, "a selection");
  memory.words[(address + SELECTION_KEPT_AT) >> 2] = 0;
  memory.words[(address + SELECTION_ROOM_AT) >> 2] = rowsMax;

  return {
    address,
    get count() {
      return memory.wordAt(address + SELECTION_KEPT_AT);
    },
    get rows() {
      const bytes = memory.bytes;
      const count = memory.wordAt(address + SELECTION_KEPT_AT);
      return new Uint32Array(bytes.buffer, bytes.byteOffset + address + SELECTION_ROWS_AT, count);
    },
    selectAll(from) {
      const batch = from.batchAddress;
      return memory.call((kernels) => kernels.selectRows(batch, address));
    },
    selectRows(rows) {
      assert(rows.length <= rowsMax, "a selection holds at most rowsMax rows");
      const words = memory.words;
      words[(address + SELECTION_KEPT_AT) >> 2] = rows.length;
      words.set(rows, (address + SELECTION_ROWS_AT) >> 2);
      return rows.length;
    },
    filter(filter, rows, from) {
      const kept = memory.call((kernels) =>
        kernels.filterRows(filter.address, rows.address, from.address, address),
      );
      return memory.fitted(kept, "a filter's scratch");
    },
    close() {
      memory.release(address);
    },
  };
}
