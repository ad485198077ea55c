import type { SideKey, SideValue } from "../serdes/join-side.ts";
import type { KeyValueStore } from "../state/stores/key-value-store.ts";
import type { SegmentedWindowStore } from "../state/stores/window-store.ts";
import type { TableProcessing } from "../topology/change.ts";
import type { JoinWindows } from "../topology/join-windows.ts";
import type { Operator } from "../topology/operator.ts";
import type { Processor, StreamRecord } from "../topology/processor.ts";
import { accepted } from "../topology/result.ts";

/** One side of a join of streams. */
export interface StreamJoinSide {
  readonly role: string;
  readonly isLeft: boolean;
  /** Stores of this side's records, of the other side's, and of those that have found none; undefined: it is an inner join. */
  readonly own: string;
  readonly other: string;
  readonly unmatched: string | undefined;
  /** A record of this side that finds none is joined with null, once its window has closed. */
  readonly isOuter: boolean;
  readonly windows: JoinWindows;
  readonly joiner: (left: unknown, right: unknown, key: unknown) => unknown;
}

type Unmatched = KeyValueStore<SideKey, readonly SideValue[]>;
type Window = SegmentedWindowStore<unknown, unknown>;

/**
 * One side of KStream#join, #leftJoin and #outerJoin with a stream (Kafka Streams' KStreamKStreamJoin): a record is joined with
 * those of the other side that lie in its window. The result's timestamp is the later one of both. What has found none is told
 * when stream time, that of both sides, has passed its window (KAFKA-10847).
 */
export function joinStreams(side: StreamJoinSide): Operator {
  const { role, own, other, unmatched } = side;
  return {
    role,
    facts: {
      changesKey: false,
      changesValue: true,
      terminal: false,
      stores: unmatched === undefined ? [other] : [other, unmatched],
      hiddenStores: [own],
      needsStreamTime: false,
      joins: true,
    },
    call: { shape: "process", supplier: () => new StreamJoin(side), punctuates: false, keepsKey: false },
  };
}

/** What both sides know of the records that have found no other, in one task. */
interface Waiting {
  /** No record that waits is older. */
  earliest: number;
  /** When they may be looked through again, on the wall clock. */
  next: number;
}

const NONE_WAITS = Number.POSITIVE_INFINITY;
/** By the store that both sides share. */
const waitingOf = new WeakMap<object, Waiting>();

class StreamJoin implements Processor {
  readonly #side: StreamJoinSide;
  /** How far before (behind) a record's time those of the other side may lie. */
  readonly #before: number;
  readonly #after: number;
  #context!: TableProcessing;
  #own!: Window;
  #other!: Window;
  #unmatched: Unmatched | undefined;
  #waiting!: Waiting;

  constructor(side: StreamJoinSide) {
    const { windows, isLeft } = side;
    this.#side = side;
    this.#before = isLeft ? windows.beforeMs : windows.afterMs;
    this.#after = isLeft ? windows.afterMs : windows.beforeMs;
  }

  init(context: unknown): void {
    const { own, other, unmatched } = this.#side;
    this.#context = context as TableProcessing;
    this.#own = this.#context.store(own);
    this.#other = this.#context.store(other);
    if (unmatched === undefined) return;
    this.#unmatched = this.#context.store(unmatched);
    this.#waiting = waitingOf.get(this.#unmatched!) ?? { earliest: NONE_WAITS, next: 0 };
    waitingOf.set(this.#unmatched!, this.#waiting);
  }

  process(record: StreamRecord): void {
    const { key, value, timestamp } = record;
    const streamTime = Math.max(
      this.#own.times.streamTime("", timestamp),
      this.#other.times.streamTime("", -1),
    );
    if (key === null && value !== null && this.#side.isOuter) {
      this.#tellUnmatched(record, value);
      return;
    }
    if (key === null || value === null) {
      this.#context.drop();
      return;
    }
    if (timestamp === streamTime) this.#tellClosed(record, streamTime);
    const from = Math.max(0, timestamp - this.#before);
    const to = Math.max(0, timestamp + this.#after);
    const found = [...this.#other.fetch(key, from, to)];
    for (const [time, other] of found) this.#tellMatch(record, time, other);
    if (found.length > 0 || !this.#side.isOuter) return;
    if (to < streamTime) this.#tellUnmatched(record, value);
    else this.#wait(record);
  }

  #tellMatch(record: StreamRecord, time: number, other: unknown): void {
    const { key, value, timestamp } = record;
    const { isLeft } = this.#side;
    const otherKey = { timestamp: time, isLeft: !isLeft, key };
    if (this.#unmatched?.get(otherKey) !== undefined) this.#unmatched.put(otherKey, null);
    const joined = isLeft ? this.#join(value, other, key) : this.#join(other, value, key);
    this.#context.forward(record.withValue(joined as never).withTimestamp(Math.max(timestamp, time)));
  }

  #tellUnmatched(record: StreamRecord, value: unknown): void {
    const { key } = record;
    const joined = this.#side.isLeft ? this.#join(value, null, key) : this.#join(null, value, key);
    this.#context.forward(record.withValue(joined as never));
  }

  #wait({ key, value, timestamp }: StreamRecord): void {
    const sideKey = { timestamp, isLeft: this.#side.isLeft, key };
    this.#waiting.earliest = Math.min(this.#waiting.earliest, timestamp);
    const present = this.#unmatched!.get(sideKey) ?? [];
    this.#unmatched!.put(sideKey, [...present, { isLeft: this.#side.isLeft, value }]);
  }

  /** Tells the records whose windows have closed: of both sides, in the order of their times. */
  #tellClosed(record: StreamRecord, streamTime: number): void {
    if (this.#unmatched === undefined || !this.#mayLook(streamTime)) return;
    const { graceMs, beforeMs, afterMs } = this.#side.windows;
    this.#waiting.earliest = NONE_WAITS;
    const isOpen = { left: false, right: false };
    for (const [sideKey, values] of this.#unmatched.all()) {
      this.#waiting.earliest = sideKey.timestamp;
      if (isOpen.left && isOpen.right) break;
      if (sideKey.timestamp + (sideKey.isLeft ? afterMs : beforeMs) + graceMs >= streamTime) {
        isOpen[sideKey.isLeft ? "left" : "right"] = true;
        continue;
      }
      for (const { isLeft, value } of values) {
        const { key, timestamp } = sideKey;
        const joined = isLeft ? this.#join(value, null, key) : this.#join(null, value, key);
        const told = record.withKey(key).withTimestamp(timestamp);
        this.#context.forward(told.withValue(joined as never));
      }
      this.#unmatched.put(sideKey, null);
    }
  }

  #mayLook(streamTime: number): boolean {
    const { earliest } = this.#waiting;
    const afterMs = this.#after + this.#side.windows.graceMs;
    // where none is known to wait it is looked once more, as in Kafka Streams, unless nothing could wait at all
    if (earliest === NONE_WAITS ? afterMs <= 0 : earliest + afterMs >= streamTime) return false;
    const now = this.#context.currentSystemTime();
    if (now < this.#waiting.next) return false;
    this.#waiting.next = now + this.#context.emitIntervalMs;
    return true;
  }

  #join(left: unknown, right: unknown, key: unknown): unknown {
    return accepted(this.#side.joiner(left, right, key));
  }
}
