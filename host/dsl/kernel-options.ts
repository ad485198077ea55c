import type { Serde } from "../topology/serde.ts";

/** Where a kernel is, and what comes out of it. */
export interface KernelOptions<K, V> {
  /** The module's file, as `npx peridot kernel build` writes it: `new URL("./kernels.wasm", import.meta.url)`. */
  readonly module: URL | string;
  /**
   * What the kernel writes. It is taken at its word: a sink with the same serde right behind it writes the kernel's
   * bytes as they are.
   */
  readonly key: Serde<K>;
  readonly value: Serde<V>;
  /** Turns of loops, calls, and blocks of 64 bytes copied that one record may take. Default 1,000,000. */
  readonly fuelPerRow?: number;
  /** The node's name in `describe()`. */
  readonly name?: string;
}
