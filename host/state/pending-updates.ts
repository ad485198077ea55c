import type { KeyText } from "./key-text.ts";
import type { LoggedRecord } from "./store-access.ts";

/** What has become of one entry since the cache was flushed. */
export interface PendingUpdate {
  /** The entry's bytes before its first change; undefined: there were none. */
  readonly before: Uint8Array | undefined;
  /** Of the last change. */
  readonly logged: LoggedRecord | undefined;
  /** Raw headers of the record that made the last change. */
  readonly headers: Uint8Array;
}

/** Its place among the others: that of its last change. */
interface Placed {
  readonly update: PendingUpdate;
  readonly order: number;
}

interface LoggedUpdate {
  readonly key: KeyText;
  readonly previous: Placed | undefined;
  readonly row: number;
}

/**
 * The record cache of one store (Kafka Streams' `statestore.cache.max.bytes`): changes of one key are told once, at
 * the next commit, or before when there are too many. The table has each change at once; what waits here is the news.
 */
export class PendingUpdates {
  readonly #byKey = new Map<KeyText, Placed>();
  #order = 0;
  #log: LoggedUpdate[] = [];
  bytes = 0;

  get count(): number {
    return this.#byKey.size;
  }

  add(key: KeyText, update: PendingUpdate, row: number): void {
    const previous = this.#byKey.get(key);
    this.#log.push({ key, previous, row });
    this.#remove(key);
    const whole = previous === undefined ? update : { ...update, before: previous.update.before };
    this.#insert(key, { update: whole, order: this.#order++ });
  }

  /** As StoreTable#undoFrom. */
  undoFrom(row: number): void {
    for (let last = this.#log.at(-1); last !== undefined && last.row >= row; last = this.#log.at(-1)) {
      this.#log.pop();
      this.#remove(last.key);
      if (last.previous !== undefined) this.#insert(last.key, last.previous);
    }
  }

  settle(): void {
    this.#log = [];
  }

  /** Takes all of them, in the order of their last changes. What is told by a row that is undone waits again. */
  take(row: number): readonly (readonly [KeyText, PendingUpdate])[] {
    const all = [...this.#byKey].sort(([, a], [, b]) => a.order - b.order);
    for (const [key, previous] of all) {
      this.#log.push({ key, previous, row });
      this.#remove(key);
    }
    return all.map(([key, { update }]) => [key, update]);
  }

  clear(): void {
    this.#byKey.clear();
    this.#log = [];
    this.bytes = 0;
  }

  #insert(key: KeyText, placed: Placed): void {
    this.#byKey.set(key, placed);
    this.bytes += bytesOf(key, placed.update);
  }

  #remove(key: KeyText): void {
    const present = this.#byKey.get(key);
    if (present === undefined) return;
    this.#byKey.delete(key);
    this.bytes -= bytesOf(key, present.update);
  }
}

/** As Kafka Streams counts: key, value and what an entry takes beside them. */
function bytesOf(key: KeyText, { logged, headers }: PendingUpdate): number {
  return key.length + (logged?.value?.length ?? 0) + headers.length + 100;
}
