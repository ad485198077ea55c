import type { WindowRetention } from "../../topology/store-spec.ts";
import type { KeyText } from "../key-text.ts";
import type { StoreAccess } from "../store-access.ts";
import { TIME_BYTES, timeAt, timeText } from "./time-text.ts";

/** Where the store's own stream time lies, and its segments: neither begins as the other. */
const TIME_KEY: KeyText = "t";
const SEGMENTS: KeyText = "k";

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
  /** What was read last, and what it says. */
  #bytes: Uint8Array | undefined;
  #read = -1;

  /** @param drop is told of what comes too late. */
  constructor(retention: WindowRetention, access: StoreAccess, drop: () => void) {
    this.#retention = retention;
    this.#access = access;
    this.#drop = drop;
  }

  /** Largest time that was put; -1: none. */
  get observed(): number {
    const bytes = this.#access.get(TIME_KEY);
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#read = bytes === undefined ? -1 : timeAt(Buffer.from(bytes).toString("latin1"), 0);
    }
    return this.#read;
  }

  /** The first time that can be seen. */
  get visibleFrom(): number {
    return this.observed - this.#retention.retentionMs + 1;
  }

  /** The first and the last segment that may have entries; undefined: none has. */
  get live(): { readonly first: number; readonly last: number } | undefined {
    const { observed } = this;
    if (observed < 0) return undefined;
    return { first: this.#firstLive(observed), last: this.#numberOf(observed) };
  }

  /** What stands before the keys of entries of that time. */
  segmentOf(time: number): KeyText {
    return this.segment(this.#numberOf(time));
  }

  segment(number: number): KeyText {
    return `${SEGMENTS}${timeText(number)}`;
  }

  numberOf(time: number): number {
    return this.#numberOf(time);
  }

  /**
   * Something of this time is put: what is too old is forgotten.
   *
   * @param index what the store's other index by time begins with: it is forgotten as well.
   * @returns false: it is too old itself, and is left out.
   */
  observe(time: number, index?: KeyText): boolean {
    const before = this.observed;
    if (time > before) {
      this.#access.put(TIME_KEY, Buffer.from(timeText(time), "latin1"), undefined);
      if (before >= 0) this.#forget(this.#firstLive(before), this.#firstLive(time), index);
      return true;
    }
    if (this.#numberOf(time) >= this.#firstLive(before)) return true;
    this.#drop();
    return false;
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
