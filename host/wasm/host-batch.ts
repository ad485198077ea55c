import { assert } from "../assert.ts";
import { BatchView } from "../batch/batch-view.ts";
import type { HostBatch } from "./kernel-instance.ts";
import type { LinearMemory } from "./linear-memory.ts";

/** See HostBatch. */
export function openHostBatch(memory: LinearMemory): HostBatch {
  let address = 0;
  let room = 0;

  return {
    load(batch) {
      if (batch.length > room) {
        if (address !== 0) memory.release(address);
        address = room = 0;
        address = memory.allocate(batch.length, `a batch of ${batch.length} bytes`);
        room = batch.length;
      }
      memory.bytes.set(batch, address);
    },
    get batch() {
      assert(address !== 0, "a batch has been loaded");
      return new BatchView(memory.bytes, address);
    },
    get batchAddress() {
      assert(address !== 0, "a batch has been loaded");
      return address;
    },
    close() {
      if (address !== 0) memory.release(address);
      address = room = 0;
    },
  };
}
