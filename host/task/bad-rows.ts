import { unreachable } from "../assert.ts";
import { PeridotError } from "../errors.ts";
import type { ErrorAction, ErrorHandler, ErrorSettings, FailureStage } from "../topology/error-settings.ts";
import { askHandler } from "./ask-handler.ts";
import type { Chunk } from "./chunk.ts";
import { comparePositions, type Position } from "./position.ts";

/** A row that failed, and what becomes of it. */
export interface BadRow extends Position {
  readonly node: string;
  readonly stage: FailureStage;
  readonly error: Error;
}

/** Where a chunk's records come from. */
export interface Origin {
  readonly topic: string;
  readonly partition: number;
}

/**
 * Collects what fails while a chunk runs, and asks the settings what follows. A row whose action is "fail" ends the
 * run before it: `limit` is the first row that nothing may come of.
 */
export class BadRows {
  readonly skipped: BadRow[] = [];
  readonly deadLetters: BadRow[] = [];
  limit: number;
  /** What to stop with, once everything before `limit` is done. */
  fatal: Error | undefined;
  /** A handler failed: nothing of the run may stay. */
  #broken: unknown;
  readonly #chunk: Chunk;
  readonly #origin: Origin;
  readonly #settings: ErrorSettings;

  constructor(chunk: Chunk, origin: Origin, limit: number) {
    this.#chunk = chunk;
    this.#origin = origin;
    this.#settings = chunk.program.errors;
    this.limit = limit;
  }

  /** @throws HANDLER_FAILED, CONFIG_INVALID: see askHandler. From then on each call does: whoever caught it may go on. */
  add(bad: BadRow): void {
    if (this.#broken !== undefined) throw this.#broken;
    if (bad.row >= this.limit) return;
    const [option, handler] = handlerOf(this.#settings, bad.stage);
    const action = this.#choose(bad, option, handler);
    switch (action) {
      case "continue":
        this.skipped.push(bad);
        return;
      case "deadLetter":
        this.deadLetters.push(bad);
        return;
      case "fail":
        this.stopAt(bad.row, this.#failure(bad, option));
        return;
      default:
        unreachable(action);
    }
  }

  /** Nothing comes of `row` and those after it; unless they run later, `fatal` says why. */
  stopAt(row: number, fatal: Error | undefined): void {
    if (row >= this.limit) return;
    this.limit = row;
    this.fatal = fatal;
  }

  /** Of those collected, what lies before the limit; sorted by position. */
  settle(): void {
    for (const list of [this.skipped, this.deadLetters]) {
      const kept = list.filter((bad) => bad.row < this.limit).sort(comparePositions);
      list.length = 0;
      for (const bad of kept) list.push(bad); // there may be more than a call takes arguments
    }
  }

  #choose(bad: BadRow, option: keyof ErrorSettings, handler: ErrorHandler): ErrorAction {
    try {
      return askHandler(this.#settings, option, handler, () => this.#asFailure(bad));
    } catch (error) {
      this.#broken = error;
      throw error;
    }
  }

  #asFailure({ row, node, stage, error }: BadRow) {
    const { view } = this.#chunk;
    const bytes = readable(this.#chunk, row);
    return {
      ...this.#origin,
      stage,
      node,
      error,
      offset: view.offset(row),
      timestamp: view.timestamp(row),
      key: bytes.key && Uint8Array.from(bytes.key),
      value: bytes.value && Uint8Array.from(bytes.value),
    };
  }

  #failure({ row, node, stage, error }: BadRow, option: keyof ErrorSettings): PeridotError {
    const offset = this.#chunk.view.offset(row);
    const facts = { ...this.#origin, offset, node, stage, option, problem: error.message };
    return new PeridotError("RECORD_FAILED", facts, error);
  }
}

function handlerOf(settings: ErrorSettings, stage: FailureStage): [keyof ErrorSettings, ErrorHandler] {
  switch (stage) {
    case "deserialization":
      return ["onDeserializationError", settings.onDeserializationError];
    case "processing":
      return ["onProcessingError", settings.onProcessingError];
    case "production":
      return ["onProductionError", settings.onProductionError];
  }
}

/** Codes 200 to 205: the record itself is broken, and its columns say nothing. */
const BROKEN_RECORD = { first: 200, last: 205 };

/** A row's raw key and value; null for both where the record is too broken to have any. */
export function readable(chunk: Chunk, row: number): { key: Buffer | null; value: Buffer | null } {
  const code = chunk.view.errorCode(row);
  if (code >= BROKEN_RECORD.first && code <= BROKEN_RECORD.last) return { key: null, value: null };
  return { key: chunk.raw("key", row), value: chunk.raw("value", row) };
}

/** Whether a row's headers can be read. */
export function hasHeaders(chunk: Chunk, row: number): boolean {
  const code = chunk.view.errorCode(row);
  return code < BROKEN_RECORD.first || code > BROKEN_RECORD.last;
}
