import type { Cut, TaskRunner } from "../../host/task/task.ts";
import type { FetchedRecords, OutgoingBatch } from "../../host/transport/port.ts";

type MakeRunner = () => TaskRunner;

/** Forwards everything; planted runners replace a part of it. */
class WrappedRunner implements TaskRunner {
  protected readonly inner: TaskRunner;

  constructor(inner: TaskRunner) {
    this.inner = inner;
  }

  get hasInput(): boolean {
    return this.inner.hasInput;
  }

  get pendingBytes(): number {
    return this.inner.pendingBytes;
  }

  get dueAt(): number | undefined {
    return this.inner.dueAt;
  }

  get isDirty(): boolean {
    return this.inner.isDirty;
  }

  get topicsWanted(): readonly string[] {
    return this.inner.topicsWanted;
  }

  learn(...known: Parameters<TaskRunner["learn"]>): void {
    this.inner.learn(...known);
  }

  get counters(): TaskRunner["counters"] {
    return this.inner.counters;
  }

  open(task: string): void {
    this.inner.open(task);
  }

  close(task: string): void {
    this.inner.close(task);
  }

  closeAll(): void {
    this.inner.closeAll();
  }

  add(records: FetchedRecords): void {
    this.inner.add(records);
  }

  process(mayGoOn: () => boolean): number {
    return this.inner.process(mayGoOn);
  }

  takeFull(): readonly OutgoingBatch[] {
    return this.inner.takeFull();
  }

  cut(): Cut {
    return this.inner.cut();
  }

  committed(): void {
    this.inner.committed();
  }

  rollback(): void {
    this.inner.rollback();
  }
}

/** What was cut counts as done, although its transaction may have been aborted. */
class KeepsCutRunner extends WrappedRunner {
  readonly #done = new Map<number, bigint>();

  override cut(): Cut {
    const cut = super.cut();
    for (const { partition, offset } of cut.offsets) this.#done.set(partition, offset);
    return cut;
  }

  override add(records: FetchedRecords): void {
    const done = this.#done.get(records.partition) ?? 0n;
    super.add(done > records.fromOffset ? { ...records, fromOffset: done } : records);
  }

  override closeAll(): void {
    this.#done.clear();
    super.closeAll();
  }
}

/** What was computed while the transaction ended is sent in the next one, and computed again too. */
class KeepsAheadRunner extends WrappedRunner {
  #kept: readonly OutgoingBatch[] = [];

  override rollback(): void {
    this.#kept = [...this.#kept, ...super.cut().batches];
    super.rollback();
  }

  override cut(): Cut {
    const cut = super.cut();
    const batches = [...this.#kept, ...cut.batches];
    this.#kept = [];
    return { ...cut, batches };
  }

  override closeAll(): void {
    this.#kept = [];
    super.closeAll();
  }
}

export function keepsCutRunner(make: MakeRunner): MakeRunner {
  return () => new KeepsCutRunner(make());
}

export function keepsAheadRunner(make: MakeRunner): MakeRunner {
  return () => new KeepsAheadRunner(make());
}
