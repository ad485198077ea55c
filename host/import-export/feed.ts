import { assert } from "../assert.ts";
import type { Clock } from "../clock.ts";
import { asPeridotError } from "../commit/commit.ts";
import { parseNote, parseTag } from "../commit/transaction-tag.ts";
import { PeridotError } from "../errors.ts";
import { asError, textOf } from "../task/chunk.ts";
import type { Import } from "../topology/imported.ts";
import type { AssignedPartition, Consumer, FetchedRecords, OffsetToCommit } from "../transport/port.ts";
import { type CommittedPosition, decideResume } from "./decide-resume.ts";
import type { EncodedItem, ItemEncoder } from "./encode-item.ts";
import { OpenSource } from "./open-source.ts";

/** No further item is taken while more than this is taken and not yet processed, in bytes. */
const AHEAD_BYTES_MAX = 1 << 20;
/** What an item costs beside its record. */
const ITEM_BYTES = 100;

export interface FeedSettings {
  readonly imported: Import;
  readonly encoder: ItemEncoder;
  readonly clock: Clock;
  /** In the tags of this life's commits. */
  readonly incarnation: string;
  /** ended: the source has come to its end, and all of it is committed. */
  readonly onState: (state: "waiting" | "feeding" | "ended") => void;
}

/**
 * An import's items as a stream thread reads them: one partition, whose offsets are the items' numbers. What is
 * not committed is held, so that an abort gives it again without asking the source.
 *
 *   waiting -found, assign-> feeding -assign nothing-> resting -found-> feeding | waiting
 *                               |
 *                               +- end, failure of the source: the items before it go on; then nothing more comes
 *
 *   held:  | committed, let go | processed, not committed | taken ahead | the source
 *                              first                      done          taken
 */
export class Feed implements Consumer {
  readonly #settings: FeedSettings;
  #source: OpenSource | undefined;
  /** From offset `#first` on; `#done` of them are processed. */
  #held: EncodedItem[] = [];
  #first = 0n;
  #done = 0;
  #aheadBytes = 0;
  #doneBytes = 0;
  /** The position behind the last item that is processed, or committed. */
  #donePosition = "";
  #committedPosition = "";
  #hasPositions = false;
  #last: CommittedPosition | undefined;
  #isAssigned = false;
  #hasEnded = false;
  #isClosed = false;
  #waiter: (() => void) | undefined;
  #roomWaiter: (() => void) | undefined;

  constructor(settings: FeedSettings) {
    this.#settings = settings;
  }

  // ---- what the membership tells

  /** This process is to feed; `committed` is where the group stands. */
  async found(committed: Pick<OffsetToCommit, "offset" | "metadata"> | undefined): Promise<void> {
    const found = committed && asPosition(committed);
    const decision = decideResume({
      found,
      last: this.#last,
      incarnation: this.#settings.incarnation,
      isOpen: this.#source !== undefined,
      hasPositions: this.#hasPositions,
    });
    this.#last = found;
    switch (decision.resume) {
      case "go-on":
        return;
      case "renumber":
        this.#first = decision.offset;
        return;
      case "open":
        await this.release();
        this.#first = decision.offset;
        this.#committedPosition = this.#donePosition = decision.position;
        this.#hasPositions = decision.position !== "";
        this.#open(decision.position);
        this.#settings.onState("feeding");
    }
  }

  /** Another process feeds: the source is closed, what was taken from it is forgotten. */
  async release(): Promise<void> {
    const source = this.#source;
    this.#source = undefined;
    this.#roomWaiter?.();
    this.#held = [];
    this.#done = this.#aheadBytes = this.#doneBytes = 0;
    this.#hasEnded = false;
    this.#settings.onState("waiting");
    await source?.close();
  }

  // ---- as the thread's consumer

  assign([assigned]: readonly AssignedPartition[]): void {
    this.#isAssigned = assigned !== undefined;
    if (assigned === undefined) return;
    this.#letGo(assigned.offset ?? this.#first);
    this.rewind();
    this.#tellEnd();
  }

  /** Waits until there is an item to process. The items are for the runner: none comes from here. */
  async poll(waitMs: number): Promise<readonly FetchedRecords[]> {
    if (this.bufferedBytes > 0 || this.#isClosed) return [];
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#waiter = undefined;
        timer.cancel();
        resolve();
      };
      const timer = this.#settings.clock.timer(waitMs, done);
      this.#waiter = done;
    });
    return [];
  }

  wake(): void {
    this.#waiter?.();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.release();
    this.wake();
  }

  // ---- as the runner's input

  /** Taken and not processed. */
  get bufferedBytes(): number {
    return this.#isAssigned ? this.#aheadBytes : 0;
  }

  /** Processed and not committed. */
  get uncommittedBytes(): number {
    return this.#doneBytes;
  }

  /** The next item to process, which stays the next one until `pass`. */
  get next(): EncodedItem | undefined {
    return this.#isAssigned ? this.#held[this.#done] : undefined;
  }

  pass(): void {
    const item = this.#held[this.#done++];
    assert(item !== undefined, "there is an item to pass");
    const bytes = bytesOf(item);
    this.#aheadBytes -= bytes;
    this.#doneBytes += bytes;
    if (item.position !== "") this.#donePosition = item.position;
    if (this.#aheadBytes <= AHEAD_BYTES_MAX) this.#roomWaiter?.();
  }

  /** The offset to commit once all that is processed is written, with the position there. */
  get processed(): Pick<OffsetToCommit, "offset" | "metadata"> {
    return { offset: this.#first + BigInt(this.#done), metadata: this.#donePosition };
  }

  /** All below the offset is committed. */
  committed(offset: bigint): void {
    this.#letGo(offset);
    this.#tellEnd();
  }

  /** What is not committed is to be processed again. */
  rewind(): void {
    this.#done = 0;
    this.#aheadBytes += this.#doneBytes;
    this.#doneBytes = 0;
    this.#donePosition = this.#committedPosition;
    this.wake();
  }

  // ---- the source

  #open(position: string): void {
    const { imported, clock } = this.#settings;
    const source = new OpenSource(imported, position, clock);
    this.#source = source;
    void this.#take(source);
  }

  async #take(source: OpenSource): Promise<void> {
    for (;;) {
      if (this.#source === source && this.#aheadBytes > AHEAD_BYTES_MAX) await this.#room();
      if (this.#source !== source) return;
      const taken = await source.take();
      if (this.#source !== source) return;
      const number = this.#first + BigInt(this.#held.length);
      switch (taken.got) {
        case "item": {
          const item = this.#encode(taken.item, number);
          this.#add(item);
          if (item.failure !== undefined) return;
          break;
        }
        case "failure":
          this.#add(failed(this.#sourceFailure(taken.error, number)));
          return;
        case "end":
          this.#hasEnded = true;
          this.#tellEnd();
          return;
      }
    }
  }

  /** Nobody waits for what reads the source: whatever is thrown here ends the import. */
  #encode(item: unknown, number: bigint): EncodedItem {
    try {
      return this.#settings.encoder.encode(item, number);
    } catch (error) {
      return failed(asPeridotError(asError(error, `import ${this.#settings.imported.name}`)));
    }
  }

  #add(item: EncodedItem): void {
    this.#held.push(item);
    this.#aheadBytes += bytesOf(item);
    this.#hasPositions ||= item.position !== "";
    this.wake();
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#roomWaiter = () => {
        this.#roomWaiter = undefined;
        resolve();
      };
    });
  }

  #sourceFailure(thrown: unknown, number: bigint): PeridotError {
    const { name } = this.#settings.imported;
    const problem = thrown instanceof Error ? thrown.message : textOf(thrown);
    return new PeridotError("IMPORT_SOURCE_FAILED", { name, number, problem }, thrown);
  }

  #letGo(offset: bigint): void {
    const count = Number(offset - this.#first);
    assert(count >= 0 && count <= this.#held.length, "what is committed was held");
    for (const [index, item] of this.#held.splice(0, count).entries()) {
      if (item.position !== "") this.#committedPosition = item.position;
      if (index < this.#done) this.#doneBytes -= bytesOf(item);
      else this.#aheadBytes -= bytesOf(item);
    }
    this.#first = offset;
    this.#done = Math.max(0, this.#done - count);
  }

  #tellEnd(): void {
    if (this.#hasEnded && this.#held.length === 0) this.#settings.onState("ended");
  }
}

function asPosition({ offset, metadata }: Pick<OffsetToCommit, "offset" | "metadata">): CommittedPosition {
  return { offset, tag: parseTag(metadata), position: parseNote(metadata) };
}

function failed(failure: PeridotError): EncodedItem {
  return { record: undefined, letter: undefined, position: "", failure };
}

function bytesOf({ record, letter }: EncodedItem): number {
  return ITEM_BYTES + (record?.bytes ?? 0) + (letter?.bytes ?? 0);
}
