import type { Clock } from "../clock.ts";
import { nameOf } from "../commit/partition-name.ts";
import { type RestoreEvent, restoreChannel } from "../diagnostics/channels.ts";
import type { StateBackend } from "../state/state-backend.ts";
import type { LoggedRecord } from "../state/store-access.ts";
import { restoreRecord } from "../state/stores/open-store.ts";
import type { TaskState } from "../state/task-state.ts";
import type { StoreSpec } from "../topology/store-spec.ts";
import { recordsIn } from "../transport/batch-records.ts";
import type { Consumer, FetchedRecords, TopicPartition } from "../transport/port.ts";

/** A store that lacks something of its changelog. */
export interface StoreToRestore {
  readonly task: string;
  readonly spec: StoreSpec;
  readonly state: TaskState;
  readonly backend: StateBackend;
  readonly changelog: TopicPartition;
  readonly topicId: string;
  readonly from: bigint;
  readonly to: bigint;
}

/** Bytes of a restored store that are in memory before they go to its backend. */
const FLUSH_BYTES = 16 << 20;
const POLL_MS = 500;
const TELL_MS = 1000;

/** A store on its way back. */
class Restoring {
  readonly store: StoreToRestore;
  #next: bigint;
  #records = 0;
  #toldAt: number;
  readonly #beganAt: number;
  readonly #clock: Clock;

  constructor(store: StoreToRestore, clock: Clock) {
    this.store = store;
    this.#next = store.from;
    this.#clock = clock;
    this.#beganAt = this.#toldAt = clock.now();
  }

  get isDone(): boolean {
    return this.#next >= this.store.to;
  }

  add({ records, fromOffset, nextOffset, release }: FetchedRecords): void {
    const { spec, state } = this.store;
    const store = state.store(spec.name);
    const access = {
      get: store.get.bind(store),
      range: store.range.bind(store),
      size: 0,
      put: (key: string, value: Uint8Array | undefined) => store.table.put(key, value, 0),
    };
    for (const record of recordsIn(records)) {
      if (record.offset < fromOffset || record.key === null) continue;
      restoreRecord(spec, access, record as LoggedRecord);
      this.#records++;
    }
    release();
    this.#next = nextOffset;
    this.#settle();
    if (this.isDone && this.#records > 0) this.#tell();
    else if (!this.isDone && this.#clock.now() - this.#toldAt >= TELL_MS) this.#tell();
  }

  /** What is restored so far is committed data: a crash goes on from there. */
  #settle(): void {
    const { spec, state, backend, topicId } = this.store;
    const { table } = state.store(spec.name);
    table.settle();
    table.cut();
    table.commit();
    if (!this.isDone && table.unflushedBytes < FLUSH_BYTES) return;
    const offset = this.#next;
    backend.commit([table.unflushed({ topicId, offset, at: this.#clock.now() })]);
    table.flushed();
    state.restored(spec.name, topicId, offset);
  }

  #tell(): void {
    const now = this.#clock.now();
    this.#toldAt = now;
    if (!restoreChannel.hasSubscribers) return;
    const { task, spec, to } = this.store;
    const recordsPerSecond = (1000 * this.#records) / Math.max(1, now - this.#beganAt);
    const left = Number(to - this.#next);
    const event: RestoreEvent = {
      task,
      store: spec.name,
      restored: this.#records,
      left: Math.max(0, left),
      recordsPerSecond,
      estimateMs: recordsPerSecond > 0 ? (1000 * Math.max(0, left)) / recordsPerSecond : undefined,
    };
    restoreChannel.publish(event);
  }
}

/**
 * Reads the changelogs of stores side by side, each up to its end.
 *
 * @param mayGoOn asked after each fetch.
 * @returns false: it was cut short; what is restored stays, and the next try goes on there.
 */
export async function restoreStores(
  stores: readonly StoreToRestore[],
  consumer: Consumer,
  clock: Clock,
  mayGoOn: () => boolean,
): Promise<boolean> {
  const waiting = new Map(
    stores.map((store) => [nameOf(store.changelog), new Restoring(store, clock)] as const),
  );
  consumer.assign(stores.map(({ changelog, from }) => ({ ...changelog, offset: from })));
  try {
    while ([...waiting.values()].some(({ isDone }) => !isDone)) {
      if (!mayGoOn()) return false;
      for (const fetched of await consumer.poll(POLL_MS)) waiting.get(nameOf(fetched))?.add(fetched);
    }
    return true;
  } finally {
    consumer.assign([]);
  }
}
