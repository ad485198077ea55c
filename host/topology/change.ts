import type { Processor, ProcessorContext, StreamRecord } from "./processor.ts";

/** What has become of one row of a table: null stands for no row. */
export class Change<V = unknown> {
  readonly newValue: V | null;
  /** null as well where nobody below has asked for old values. */
  readonly oldValue: V | null;
  /** false: a versioned table has got a version that is older than its newest. */
  readonly isLatest: boolean;

  constructor(newValue: V | null, oldValue: V | null, isLatest = true) {
    this.newValue = newValue;
    this.oldValue = oldValue;
    this.isLatest = isLatest;
  }
}

/** Whether a table's node forwards old values: switched on by what is added below it. */
export interface SendsOld {
  old: boolean;
}

/** News of a row, kept back by a record cache. */
export interface RowNews {
  readonly record: StreamRecord;
  readonly newValue: unknown;
  readonly oldValue: unknown;
}

/** What the processors of tables may use beside what all may. */
export interface TableProcessing extends ProcessorContext<unknown, Change> {
  /**
   * Hears of changes that the record cache of a store keeps back.
   *
   * @returns whether the store has one: then changes are told by it, and not when they are made.
   */
  onNews(store: string, listen: (news: RowNews) => void): boolean;
  /** Windows that have closed are looked for at most once in so much time of the wall clock, in milliseconds. */
  readonly emitIntervalMs: number;
  /**
   * Up to when windows of a store that have closed were told before the task was opened; -1: nothing is known. The store
   * tells it too, unless it was lost and restored: its changelog does not.
   */
  toldBefore(store: string): number;
}

export type TableProcessor = Processor<unknown, unknown, unknown, unknown>;

/** Forwards the changes of a table that has a store: at once, or when its record cache tells them. */
export class ChangeForwarder {
  readonly #context: TableProcessing;
  readonly #sends: SendsOld;
  readonly #isCached: boolean;

  /** @param isKept is told of each key of the news; false: the store beneath the cache has forgotten its old value. */
  constructor(
    context: TableProcessing,
    store: string,
    sends: SendsOld,
    isKept: (key: unknown) => boolean = () => true,
  ) {
    this.#context = context;
    this.#sends = sends;
    this.#isCached = context.onNews(store, ({ record, newValue, oldValue: before }) => {
      const oldValue = isKept(record.key) ? before : null;
      // a row that came and went since the last news was never there
      if (newValue === null && oldValue === null) return;
      context.forward(record.withValue(new Change(newValue, sends.old ? oldValue : null)));
    });
  }

  forward(record: StreamRecord, change: Change): void {
    if (this.#isCached) return;
    const told = this.#sends.old ? change : new Change(change.newValue, null, change.isLatest);
    this.#context.forward(record.withValue(told));
  }
}
