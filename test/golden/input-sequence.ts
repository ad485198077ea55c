import assert from "node:assert/strict";
import { type TaskBatchEvent, taskBatchChannel } from "../../host/index.ts";

/** What a task's input was, in its order: DESIGN's "input sequence". */
export type InputEvent =
  /** Rows of one partition, one after the other; those of a stop included. */
  | {
      readonly is: "rows";
      readonly topic: string;
      readonly partition: number;
      readonly offsets: readonly bigint[];
    }
  /** The wall clock moved on to this time. */
  | { readonly is: "clock"; readonly nowMs: number };

/** Records the input sequence of every task while a topology runs at a batch size of 1. */
export class InputRecorder {
  readonly #sequences = new Map<string, InputEvent[]>();
  readonly #ends = new Map<string, bigint>();
  /** Where the wall clock has stood so far. */
  readonly #clocks: number[] = [0];
  /** A batch of no rows: its first row stopped the application, if nothing came after it. */
  #halt: TaskBatchEvent | undefined;

  /** Records while `run` runs. */
  during<T>(run: () => T): T {
    const listen = (event: unknown) => this.#take(event as TaskBatchEvent);
    taskBatchChannel.subscribe(listen);
    try {
      return run();
    } finally {
      taskBatchChannel.unsubscribe(listen);
    }
  }

  clock(nowMs: number): void {
    this.#clocks.push(nowMs);
    for (const sequence of this.#sequences.values()) sequence.push({ is: "clock", nowMs });
  }

  /** By task. */
  get sequences(): ReadonlyMap<string, readonly InputEvent[]> {
    if (this.#halt !== undefined) this.#add(this.#halt);
    this.#halt = undefined;
    // a punctuator alone may have given all that there is
    if (this.#sequences.size === 0) {
      this.#sequences.set(
        "0_0",
        this.#clocks.map((nowMs) => ({ is: "clock", nowMs })),
      );
    }
    return this.#sequences;
  }

  #take(event: TaskBatchEvent): void {
    assert.ok(event.rows <= 1, "one row a batch");
    this.#halt = event.rows === 0 ? event : undefined;
    if (event.rows > 0) this.#add(event);
  }

  #add({ task, topic, partition }: TaskBatchEvent): void {
    const name = `${topic}-${partition}`;
    const offset = this.#ends.get(name) ?? 0n;
    this.#ends.set(name, offset + 1n);
    let sequence = this.#sequences.get(task);
    if (sequence === undefined) {
      sequence = this.#clocks.map((nowMs) => ({ is: "clock", nowMs }));
      this.#sequences.set(task, sequence);
    }
    const last = sequence.at(-1)!;
    if (last.is === "rows" && last.topic === topic && last.partition === partition) {
      sequence[sequence.length - 1] = { ...last, offsets: [...last.offsets, offset] };
    } else {
      sequence.push({ is: "rows", topic, partition, offsets: [offset] });
    }
  }
}
