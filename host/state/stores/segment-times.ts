import type { WindowRetention } from "../../topology/store-spec.ts";
import { type KeyText, keyText } from "../key-text.ts";
import type { StoreAccess } from "../store-access.ts";
import { TIME_BYTES, timeAt, timeBytes, timeText } from "./time-text.ts";

/** Where the store's own stream time lies, and its segments: neither begins as the other. */
const TIME_KEY: KeyText = "t";
const SEGMENTS: KeyText = "k";
/** What an operator remembers of times: its own stream time, and up to when it has told windows that have closed. */
const STREAM_TIME: KeyText = "o";
const TOLD: KeyText = "e";
/** The largest time that a record cache has given out: what the store beneath it would know. */
const FLUSHED: KeyText = "f";

/** Up to when windows of a store that have closed are told; -1: none is, or it does not tell. */
export function toldIn(store: Pick<StoreAccess, "get">): number {
  const bytes = store.get(TOLD);
  return bytes === undefined ? -1 : timeAt(keyText(bytes), 0);
}

/**
 * The time of a segmented store (Kafka Streams' AbstractRocksDBSegmentedBytesStore): the largest that was ever put, which
 * lies in the store itself, so that what is late stays late after a restart. Entries are seen as long as they are younger
 * than the retention, and forgotten once their whole segment is older.
 */
export class SegmentTimes {
  /** Of an entry's key: what stands before the name within its segment. */
  static readonly PREFIX_BYTES = SEGMENTS.length + TIME_BYTES;
  readonly #retention: WindowRetention;
  readonly #access: StoreAccess;
  readonly #drop: () => void;
  /** That was asked for last. */
  #segment = { number: -1, text: "" };
  /** Segments before it were looked for last. */
  #forgotten = 0;
  /** By input. */
  readonly #streamTimeKeys = new Map<string, KeyText>();
  readonly #last = new Map<KeyText, { readonly bytes: Uint8Array; readonly time: number }>();

  /** @param drop is told of what comes too late. */
  constructor(retention: WindowRetention, access: StoreAccess, drop: () => void) {
    this.#retention = retention;
    this.#access = access;
    this.#drop = drop;
  }

  /** Largest time that was put; -1: none. */
  get observed(): number {
    return this.#read(TIME_KEY);
  }

  /** The first time that can be seen. */
  get visibleFrom(): number {
    return this.#access.isCached === true ? 0 : this.observed - this.#retention.retentionMs + 1;
  }

  /**
   * A record cache gives out a change of this time.
   *
   * @returns false: what stood there is older than the retention, so that the store beneath the cache no longer knows it.
   */
  flush(time: number): boolean {
    const flushed = this.#read(FLUSHED);
    if (time > flushed) this.#write(FLUSHED, time);
    return time > flushed - this.#retention.retentionMs;
  }

  /** The first and the last segment that may have entries; undefined: none has. */
  get live(): { readonly first: number; readonly last: number } | undefined {
    const { observed } = this;
    if (observed < 0) return undefined;
    return { first: this.#firstKept(observed), last: this.#numberOf(observed) };
  }

  /** What stands before the keys of entries of that time. */
  segmentOf(time: number): KeyText {
    return this.segment(this.#numberOf(time));
  }

  segment(number: number): KeyText {
    if (this.#segment.number !== number) this.#segment = { number, text: `${SEGMENTS}${timeText(number)}` };
    return this.#segment.text;
  }

  numberOf(time: number): number {
    return this.#numberOf(time);
  }

  /**
   * Something of this time is put: what is too old is forgotten.
   *
   * @param index what the store's other index by time begins with: it is forgotten as well.
   * @param isRemoved it is removed, so that nothing is lost where it is too old.
   * @returns false: it is too old itself, and is left out.
   */
  observe(time: number, index?: KeyText, isRemoved = false): boolean {
    const before = this.observed;
    if (time > before) {
      this.#write(TIME_KEY, time);
      if (before >= 0) this.#forgetBehind(before, time, index);
      return true;
    }
    if (this.#numberOf(time) >= this.#firstLive(before)) return true;
    if (!isRemoved) this.#drop();
    return false;
  }

  // ---- of the operator that writes the store

  /**
   * An operator has seen a record of this time.
   *
   * @param input tells the operators apart that share the store; "": what all of them have seen, after a restore.
   * @returns its stream time: the largest that it has seen; -1: none.
   */
  streamTime(input: string, seen: number): number {
    const key = this.#streamTimeKey(input);
    const before = Math.max(this.#read(key), input === "" ? -1 : this.#read(STREAM_TIME));
    if (seen <= before) return before;
    this.#write(key, seen);
    return seen;
  }

  #streamTimeKey(input: string): KeyText {
    let key = this.#streamTimeKeys.get(input);
    if (key === undefined) {
      key = `${STREAM_TIME}${input}`;
      this.#streamTimeKeys.set(input, key);
    }
    return key;
  }

  /** Up to when windows that have closed are told; -1: none is, or the store was restored. */
  get told(): number {
    return this.#read(TOLD);
  }

  tell(time: number): void {
    this.#write(TOLD, time);
  }

  #read(key: KeyText): number {
    const bytes = this.#access.get(key);
    if (bytes === undefined) return -1;
    const last = this.#last.get(key);
    if (last?.bytes === bytes) return last.time;
    const time = timeAt(keyText(bytes), 0);
    this.#last.set(key, { bytes, time });
    return time;
  }

  #write(key: KeyText, time: number): void {
    const bytes = timeBytes(time);
    this.#last.set(key, { bytes, time });
    this.#access.put(key, bytes, undefined);
  }

  #forgetBehind(before: number, time: number, index: KeyText | undefined): void {
    if (!this.#keepsUntold) {
      this.#forget(this.#firstLive(before), this.#firstLive(time), index);
      return;
    }
    const to = this.#firstKept(time);
    if (to !== this.#forgotten) this.#forget(0, to, index);
    this.#forgotten = to;
  }

  /** A record cache keeps windows that are told once until they are, however far stream time jumps. */
  get #keepsUntold(): boolean {
    return this.#access.isCached === true && this.#retention.isTimeOrdered;
  }

  #firstKept(observed: number): number {
    const live = this.#firstLive(observed);
    if (!this.#keepsUntold) return live;
    return Math.min(live, this.#numberOf(Math.max(0, this.told - this.#retention.sizeMs + 1)));
  }

  /** Forgets the segments from one to another, that one not included. */
  #forget(from: number, to: number, index: KeyText | undefined): void {
    if (to <= from) return;
    this.#delete(this.segment(from), this.segment(to));
    if (index === undefined) return;
    const { segmentMs } = this.#retention;
    this.#delete(`${index}${timeText(from * segmentMs)}`, `${index}${timeText(to * segmentMs)}`);
  }

  #delete(from: KeyText, to: KeyText): void {
    for (const [key] of [...this.#access.range({ from, to })]) this.#access.put(key, undefined, undefined);
  }

  #firstLive(observed: number): number {
    return Math.max(0, this.#numberOf(Math.max(0, observed - this.#retention.retentionMs)));
  }

  #numberOf(time: number): number {
    return Math.floor(time / this.#retention.segmentMs);
  }
}
