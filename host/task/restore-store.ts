import type { Clock } from "../clock.ts";
import { nameOf } from "../commit/partition-name.ts";
import { type RestoreEvent, restoreChannel } from "../diagnostics/channels.ts";
import type { StateBackend } from "../state/state-backend.ts";
import type { TaskState } from "../state/task-state.ts";
import type { SourceChangelog } from "../topology/source-changelogs.ts";
import type { StoreSpec } from "../topology/store-spec.ts";
import type { Consumer, FetchedRecords, TopicPartition } from "../transport/port.ts";
import { KernelTarget, type RestoreTarget, StoreTarget } from "./restore-target.ts";

/** A store that lacks something of its changelog. */
export interface StoreToRestore {
  readonly task: string;
  readonly spec: StoreSpec;
  /** The changelog is the topic of its table: what it has from `to` on is still to be processed. */
  readonly source?: SourceChangelog | undefined;
  readonly state: TaskState;
  readonly backend: StateBackend;
  readonly changelog: TopicPartition;
  readonly topicId: string;
  readonly from: bigint;
  readonly to: bigint;
}

/** Bytes of restored stores that are in memory before they go to their backends: of one store; of all that kernels restore. */
const FLUSH_BYTES = 16 << 20;
const KERNEL_FLUSH_BYTES = 384 << 20;
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
  readonly #target: RestoreTarget;
  readonly #flushBytes: number;

  /** @param flushBytes may be in memory before they go to the backend */
  constructor(store: StoreToRestore, clock: Clock, target: RestoreTarget, flushBytes: number) {
    this.store = store;
    this.#target = target;
    this.#flushBytes = flushBytes;
    this.#next = store.from;
    this.#clock = clock;
    this.#beganAt = this.#toldAt = clock.now();
  }

  get isDone(): boolean {
    return this.#next >= this.store.to;
  }

  add(fetched: FetchedRecords): void {
    this.#records += this.#target.add(fetched);
    fetched.release();
    const { source, to } = this.store;
    this.#next = source !== undefined && fetched.nextOffset > to ? to : fetched.nextOffset;
    if (this.isDone || this.#target.bytes >= this.#flushBytes) this.#flush();
    if (this.isDone && this.#records > 0) this.#tell();
    else if (!this.isDone && this.#clock.now() - this.#toldAt >= TELL_MS) this.#tell();
  }

  /** What is restored so far is committed data: a crash goes on from there. */
  #flush(): void {
    const { spec, state, topicId } = this.store;
    const offset = this.#next;
    this.#target.flush({ topicId, offset, at: this.#clock.now() });
    state.restored(spec.name, topicId, offset);
  }

  /** It goes on some other time, from here. */
  keep(): void {
    if (this.#target.bytes > 0) this.#flush();
  }

  close(): void {
    this.#target.close();
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
    restoring(stores, clock).map((each) => [nameOf(each.store.changelog), each] as const),
  );
  consumer.assign(stores.map(({ changelog, from }) => ({ ...changelog, offset: from })));
  try {
    while ([...waiting.values()].some(({ isDone }) => !isDone)) {
      if (!mayGoOn()) {
        for (const each of waiting.values()) each.keep();
        return false;
      }
      for (const fetched of await consumer.poll(POLL_MS)) waiting.get(nameOf(fetched))?.add(fetched);
    }
    return true;
  } finally {
    for (const each of waiting.values()) each.close();
    consumer.assign([]);
  }
}

function restoring(stores: readonly StoreToRestore[], clock: Clock): readonly Restoring[] {
  const inKernels = stores.filter(KernelTarget.fits);
  const kernel = inKernels.length === 0 ? undefined : KernelTarget.instance();
  const kernelBytes = KERNEL_FLUSH_BYTES / inKernels.length;
  return stores.map((store) =>
    kernel !== undefined && KernelTarget.fits(store)
      ? new Restoring(store, clock, new KernelTarget(store, kernel), kernelBytes)
      : new Restoring(store, clock, new StoreTarget(store), FLUSH_BYTES),
  );
}
