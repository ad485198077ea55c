import { PeridotError } from "../errors.ts";
import type { BadRows } from "./bad-rows.ts";
import { asError, type Chunk } from "./chunk.ts";
import type { CallProgram, ProgramStep, SegmentProgram, SinkProgram } from "./program.ts";
import { keyReader, type RowSet, rowsOf, valueReader } from "./row-set.ts";

/** Rows that have reached a sink. */
export interface Arrival {
  readonly sink: SinkProgram;
  readonly rows: RowSet;
}

/** Looks at the clock: false ends the run at the row that it has come to. */
export type MayGoOn = () => boolean;

/** A run looks at the clock once in so many parts of its rows. */
const LOOKS = 32;

/**
 * One run of some rows through the steps below their source: node after node, each over all rows, in depth-first
 * order. Nothing is written: what reaches the sinks is collected, so that a row that fails later can still end the
 * run before it.
 */
export class ChunkRun {
  readonly arrivals: Arrival[] = [];
  readonly #bad: BadRows;
  readonly #mayGoOn: MayGoOn;
  /** Only the first user function may cut the run: rows behind the cut must not have been seen by another. */
  #mayCut = true;

  constructor(bad: BadRows, mayGoOn: MayGoOn) {
    this.#bad = bad;
    this.#mayGoOn = mayGoOn;
  }

  run(steps: readonly ProgramStep[], set: RowSet): void {
    for (const step of steps) {
      switch (step.kind) {
        case "sink":
          this.arrivals.push({ sink: step, rows: set });
          break;
        case "segment":
          this.run(step.children, this.#segment(step, set));
          break;
        case "call":
          this.run(step.children, this.#call(step, set));
      }
    }
  }

  #segment(step: SegmentProgram, set: RowSet): RowSet {
    const { projection } = step;
    if (step.filter === undefined) return { ...set, projection };
    const selection = step.selection!;
    const { rows } = set.chunk.room;
    if (set.selection === undefined) {
      selection.selectRows(set.rows!);
      selection.filter(step.filter, rows, selection);
    } else {
      selection.filter(step.filter, rows, set.selection);
    }
    return { ...set, selection, rows: undefined, projection };
  }

  #call(step: CallProgram, set: RowSet): RowSet {
    const calls = new CallLoop(step, set, this.#bad);
    const rows = calls.run(this.#mayCut ? this.#mayGoOn : undefined);
    this.#mayCut = false;
    return { ...set, ...calls.changed, rows, selection: undefined };
  }
}

/** A user function over rows, and what comes of it. */
class CallLoop {
  readonly #step: CallProgram;
  readonly #set: RowSet;
  readonly #bad: BadRows;
  readonly #keys: unknown[] | undefined;
  readonly #values: unknown[] | undefined;

  constructor(step: CallProgram, set: RowSet, bad: BadRows) {
    const { shape } = step.call;
    const { rowCount } = set.chunk;
    this.#step = step;
    this.#set = set;
    this.#bad = bad;
    this.#keys = shape === "map" ? new Array(rowCount) : undefined;
    this.#values = shape === "map" || shape === "mapValues" ? new Array(rowCount) : undefined;
  }

  /** What replaces keys and values of the set. */
  get changed(): Partial<RowSet> {
    return {
      ...(this.#keys === undefined ? {} : { keys: this.#keys }),
      ...(this.#values === undefined ? {} : { values: this.#values, projection: undefined }),
    };
  }

  /** @returns the rows that go on, rising. */
  run(mayGoOn: MayGoOn | undefined): Uint32Array {
    const rows = rowsOf(this.#set);
    const call = this.#one();
    const between = Math.max(1, Math.floor(rows.length / LOOKS));
    let kept = 0;
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index]!;
      if (row >= this.#bad.limit) break;
      if (mayGoOn !== undefined && index > 0 && index % between === 0 && !mayGoOn()) {
        this.#bad.stopAt(row, undefined);
        break;
      }
      try {
        if (call(row)) rows[kept++] = row;
      } catch (thrown) {
        this.#refuse(row, thrown);
      }
    }
    return rows.subarray(0, kept);
  }

  /** The function over one row; whether the row goes on. */
  #one(): (row: number) => boolean {
    const { call, takesOne } = this.#step;
    const key = keyReader(this.#set);
    const value = valueReader(this.#set);
    const keys = this.#keys;
    const values = this.#values;
    const fn = call.fn as (first: unknown, second?: unknown) => unknown;
    switch (call.shape) {
      case "mapValues":
        return (row) => {
          values![row] = takesOne ? fn(value(row)) : fn(value(row), key(row));
          return true;
        };
      case "map":
        return (row) => {
          const pair = fn(key(row), value(row));
          if (!Array.isArray(pair) || pair.length !== 2) throw noPair(this.#step.name, pair);
          keys![row] = pair[0];
          values![row] = pair[1];
          return true;
        };
      case "filter":
        return (row) => Boolean(fn(key(row), value(row))) === call.keeps;
      case "peek":
        return (row) => {
          fn(key(row), value(row));
          return true;
        };
    }
  }

  #refuse(row: number, thrown: unknown): void {
    const { name, place } = this.#step;
    this.#bad.add({ row, place, node: name, stage: "processing", error: asError(thrown, name) });
  }
}

function noPair(node: string, answer: unknown): PeridotError {
  return new PeridotError("SERDE_REFUSED", {
    serde: node,
    problem: `${Object.prototype.toString.call(answer)}: a function of map() returns [key, value]`,
  });
}

/** The rows of a chunk from `from` to `to` that something may come of. */
export function rowsBetween(chunk: Chunk, from: number, to: number): RowSet {
  const set = { chunk, keys: undefined, values: undefined, projection: undefined };
  const { selection } = chunk.room;
  // The kernels have left out what they refused: where nothing else is gone, their selection stands.
  if (from === 0 && to === chunk.rowCount && selection.count + chunk.gone.size === to) {
    return { ...set, selection, rows: undefined };
  }
  const rows = new Uint32Array(to - from);
  let kept = 0;
  for (let row = from; row < to; row++) {
    if (!chunk.gone.has(row)) rows[kept++] = row;
  }
  return { ...set, selection: undefined, rows: rows.subarray(0, kept) };
}
