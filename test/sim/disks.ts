import { join } from "node:path";
import { MemoryBackend } from "../../host/state/memory-backend.ts";
import type { StateBackend, StateBackendType } from "../../host/state/state-backend.ts";

/** What outlives processes: a backend for each state directory and task. A crash leaves what was committed. */
export class Disks {
  readonly #backends = new Map<string, MemoryBackend>();
  readonly #owners = new Map<string, { readonly isAlive: () => boolean; readonly number: number }>();

  /**
   * The disk under a state directory. While its owner lives the directory is locked: another process with the same id then
   * runs on another machine.
   */
  of(processId: string, isAlive: () => boolean): StateBackendType {
    const before = this.#owners.get(processId);
    const number = before === undefined ? 0 : before.number + Number(before.isAlive());
    this.#owners.set(processId, { isAlive, number });
    return {
      name: "simulated disk",
      persistent: true,
      open: async (directory) => this.#open(join(processId, `${number}`, directory)),
    };
  }

  get all(): ReadonlyMap<string, StateBackend> {
    return this.#backends;
  }

  #open(path: string): StateBackend {
    let backend = this.#backends.get(path);
    if (backend === undefined) {
      backend = new MemoryBackend();
      this.#backends.set(path, backend);
    }
    return backend;
  }
}
