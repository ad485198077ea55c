import type { FetchedRecords } from "../transport/port.ts";
import type { Origin } from "./bad-rows.ts";
import type { Chunk, ChunkRoom } from "./chunk.ts";
import type { SourceProgram } from "./program.ts";
import { timesIn } from "./times-note.ts";
import { NO_TIME } from "./timestamps.ts";

/** What one source partition has waiting: fetched records, and the chunk of them that is decoded. */
export class SourceQueue {
  readonly origin: Origin;
  readonly program: SourceProgram;
  readonly room: ChunkRoom;
  /** Next offset to process; undefined until the first records come. */
  position: bigint | undefined;
  /** What is to be committed where nothing was read since it was opened, or rolled back; undefined: nothing is known. */
  start: bigint | undefined;
  /** Largest event time processed so far. */
  time: number;
  chunk: Chunk | undefined;
  /** Since when there is nothing, as far as is known, in milliseconds since the epoch. */
  emptySince = 0;
  readonly #fetched: FetchedRecords[] = [];
  /** Behind all that was fetched; the end that the broker has told of. */
  #fetchedTo: bigint | undefined;
  #end: bigint | undefined;

  /** @param resumed where to go on, and what was noted there; undefined: nothing is known. */
  constructor(
    origin: Origin,
    program: SourceProgram,
    room: ChunkRoom,
    resumed: { readonly offset?: bigint | undefined; readonly note?: string } | undefined,
  ) {
    this.start = resumed?.offset;
    this.time = timesIn(resumed?.note ?? "")?.partition ?? NO_TIME;
    this.origin = origin;
    this.program = program;
    this.room = room;
  }

  /** @param now milliseconds since the epoch */
  add(records: FetchedRecords, now: number): void {
    if (!this.hasInput) this.emptySince = now;
    this.#fetchedTo = records.nextOffset;
    if (this.#end === undefined || records.endOffset > this.#end) this.#end = records.endOffset;
    this.#fetched.push(records);
    this.position ??= records.fromOffset;
    this.#passEmpty();
  }

  /** The offset to commit. */
  get next(): bigint | undefined {
    return this.position ?? this.start;
  }

  /** Whether the broker has more than was fetched; undefined: it has not said yet. */
  get isBehind(): boolean | undefined {
    return this.#fetchedTo === undefined ? undefined : this.#fetchedTo < this.#end!;
  }

  get hasInput(): boolean {
    return this.#fetched.length > 0;
  }

  get head(): FetchedRecords | undefined {
    return this.#fetched[0];
  }

  /** The first fetched records are processed. */
  shift(): void {
    const done = this.#fetched.shift()!;
    this.position = done.nextOffset;
    this.chunk = undefined;
    done.release();
    this.#passEmpty();
  }

  /** Fetches that only moved the offset are no input: nobody is to wait for a turn because of them. */
  #passEmpty(): void {
    if (this.#fetched[0]?.records.byteLength === 0) this.shift();
  }

  /** Gives everything back. */
  clear(): void {
    this.chunk = undefined;
    for (const records of this.#fetched.splice(0)) records.release();
    this.position = undefined;
    this.#fetchedTo = undefined;
  }
}
