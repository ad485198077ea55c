import type { KeyValueStore, ValueAndTimestamp } from "../state/stores/key-value-store.ts";
import { VersionedStore } from "../state/stores/versioned-store.ts";
import type { ProcessorContext } from "./processor.ts";

export type PutOutcome = "latest" | "older" | "not-put";

/** The store of a table, whether it keeps versions or not (Kafka Streams' KeyValueStoreWrapper). */
export class TableStore {
  readonly #store: KeyValueStore<unknown, ValueAndTimestamp<unknown>> | VersionedStore<unknown, unknown>;

  constructor(context: ProcessorContext, name: string) {
    this.#store = context.store(name);
  }

  get(key: unknown): ValueAndTimestamp<unknown> | undefined {
    return this.#store.get(key);
  }

  /** The value; null: there is none. */
  valueOf(key: unknown): unknown {
    return this.get(key)?.value ?? null;
  }

  put(key: unknown, value: unknown, timestamp: number): PutOutcome {
    if (!(this.#store instanceof VersionedStore)) {
      this.#store.put(key, value === null ? null : { value, timestamp });
      return "latest";
    }
    const validTo = this.#store.put(key, value, timestamp);
    return typeof validTo === "number" ? "older" : validTo;
  }
}
