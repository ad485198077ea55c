import { PeridotError } from "../errors.ts";
import type { ValueAndTimestamp } from "../state/stores/key-value-store.ts";
import type { SendsOld, TableProcessing } from "../topology/change.ts";
import type { Operator } from "../topology/operator.ts";
import type { Processor, StreamRecord } from "../topology/processor.ts";
import { accepted } from "../topology/result.ts";
import { Windowed } from "../topology/windowed.ts";
import type { SlidingWindows } from "../topology/windows.ts";
import { readsOf } from "./aggregate.ts";
import { type AggregateStore, type WindowAggregation, WindowForwarder } from "./aggregate-windows.ts";
import { tableOperator } from "./table-operator.ts";

type Stored = ValueAndTimestamp<unknown>;
type Add = (key: unknown, value: unknown, aggregate: unknown) => unknown;

/** What the windows that are there tell of a record's neighbours. */
interface Neighbours {
  /** Starts of the windows that were seen. */
  readonly starts: Set<number>;
  /** What the window that ends with the record is to begin with; its timestamp is that of the record before. */
  left: Stored | undefined;
  /** What the window that begins behind the record holds already. */
  right: Stored | undefined;
  hasLeft: boolean;
  hasRight: boolean;
  /** Of the record before this one; undefined: there is none near. */
  previous: number | undefined;
}

/**
 * TimeWindowedKStream over sliding windows (KIP-450, Kafka Streams' KStreamSlidingWindowAggregate): for each record there is
 * a window that ends with it and one that begins behind it, if that would not be empty. A window's timestamp is that of its
 * last record. Records without key or value are dropped.
 */
export function aggregateSliding(
  role: string,
  store: string,
  sends: SendsOld,
  aggregation: WindowAggregation<SlidingWindows>,
): Operator {
  return tableOperator(
    role,
    store,
    () => new SlidingAggregate(role, store, sends, aggregation),
    readsOf(aggregation),
  );
}

class SlidingAggregate implements Processor {
  readonly #role: string;
  readonly #storeName: string;
  readonly #sends: SendsOld;
  readonly #aggregation: WindowAggregation<SlidingWindows>;
  readonly #add: Add;
  readonly #size: number;
  #context!: TableProcessing;
  #store!: AggregateStore;
  #forwarder!: WindowForwarder;

  constructor(role: string, store: string, sends: SendsOld, aggregation: WindowAggregation<SlidingWindows>) {
    this.#role = role;
    this.#storeName = store;
    this.#sends = sends;
    this.#aggregation = aggregation;
    this.#add = aggregation.aggregator as Add;
    this.#size = aggregation.windows.differenceMs;
  }

  init(context: unknown): void {
    this.#context = context as TableProcessing;
    this.#store = this.#context.store(this.#storeName);
    const { emits } = this.#aggregation;
    const parts = [this.#context, this.#storeName, this.#store, this.#sends, emits] as const;
    this.#forwarder = new WindowForwarder(...parts, (told, closeTime) => ({
      first: told < 0 ? 0 : Math.max(0, told - this.#size),
      last: closeTime - this.#size - 1,
    }));
  }

  process(record: StreamRecord): void {
    const { key, value, timestamp } = record;
    if (key === null || value === null) {
      this.#context.drop();
      return;
    }
    const { windows, input } = this.#aggregation;
    const closeTime = this.#store.times.streamTime(input, timestamp) - windows.graceMs;
    if (timestamp + this.#size < closeTime) {
      this.#context.drop();
      return;
    }
    if (this.#size === 0) {
      throw new PeridotError("TOPOLOGY_INVALID", {
        problem: `the sliding windows of ${this.#role} have a difference of 0 ms: they are empty`,
        remedy: "Give a difference from 1 ms on",
      });
    }
    if (timestamp < this.#size) {
      this.#processEarly(record, closeTime);
      return;
    }
    this.#process(record, closeTime);
    this.#forwarder.close(record, closeTime);
  }

  /** From the latest window that the record may be in, back to the one that ends before it. */
  #process(record: StreamRecord, closeTime: number): void {
    const { key, timestamp } = record;
    const size = this.#size;
    const found: Neighbours = {
      starts: new Set(),
      left: undefined,
      right: undefined,
      hasLeft: false,
      hasRight: false,
      previous: undefined,
    };
    const from = Math.max(0, timestamp - 2 * size);
    for (const [start, stored] of this.#store.backwardFetch(key, from, timestamp + 1)) {
      found.starts.add(start);
      if (start === timestamp + 1) {
        found.hasRight = true;
      } else if (start + size > timestamp) {
        found.right ??= stored;
        this.#update(start, stored, record, closeTime);
      } else if (start + size === timestamp) {
        found.hasLeft = true;
        this.#update(start, stored, record, closeTime);
        if (stored.timestamp >= timestamp) return;
        found.previous = stored.timestamp;
      } else {
        found.left = stored;
        found.previous = stored.timestamp;
        break;
      }
    }
    this.#create(record, closeTime, found);
  }

  #create(record: StreamRecord, closeTime: number, found: Neighbours): void {
    const { timestamp } = record;
    const size = this.#size;
    const { starts, left, right, hasLeft, hasRight, previous } = found;
    if (previous !== undefined && !starts.has(previous + 1) && previous + 1 + size >= timestamp)
      this.#update(previous + 1, this.#begun(timestamp), record, closeTime);
    if (!hasLeft) {
      const isNear = previous !== undefined && timestamp - size <= previous;
      const stored = isNear ? { value: left!.value, timestamp } : this.#begun(timestamp);
      this.#update(timestamp - size, stored, record, closeTime);
    }
    if (!hasRight && right !== undefined && right.timestamp > timestamp) this.#createRight(record, right);
  }

  /**
   * A record before the first full window. Windows do not begin before 0: all such records are in the one from 0 on, and
   * those behind them have windows of their own.
   */
  #processEarly(record: StreamRecord, closeTime: number): void {
    const { key, timestamp } = record;
    const starts = new Set<number>();
    let combined: Stored | undefined;
    let right: Stored | undefined;
    let hasRight = false;
    let previous: number | undefined;
    for (const [start, stored] of this.#store.fetch(key, 0, timestamp + 1)) {
      starts.add(start);
      if (start === 0) {
        combined = stored;
        if (stored.timestamp < timestamp) previous = stored.timestamp;
      } else if (start <= timestamp) {
        right = stored;
        this.#update(start, stored, record, closeTime);
      } else {
        hasRight = true;
      }
    }
    if (right === undefined && combined !== undefined && combined.timestamp > timestamp) right = combined;
    if (!hasRight && right !== undefined && right.timestamp > timestamp) this.#createRight(record, right);
    if (previous !== undefined && !starts.has(previous + 1))
      this.#update(previous + 1, this.#begun(timestamp), record, closeTime);
    this.#update(0, combined ?? this.#begun(timestamp), record, closeTime);
  }

  #begun(timestamp: number): Stored {
    return { value: this.#aggregation.initializer(), timestamp };
  }

  /** The window behind the record holds what is behind it already, and not the record. */
  #createRight(record: StreamRecord, stored: Stored): void {
    const { key, timestamp } = record;
    const start = timestamp + 1;
    this.#store.put(key, stored, start);
    this.#forwarder.update(record, this.#windowed(key, start), stored.timestamp, stored.value, null);
  }

  /** The record comes into a window, unless that has closed. */
  #update(start: number, stored: Stored, record: StreamRecord, closeTime: number): void {
    if (start + this.#size < closeTime) {
      this.#context.drop();
      return;
    }
    const { key, value, timestamp } = record;
    const oldValue = stored.value;
    const newValue = accepted(this.#add(key, value, oldValue));
    const latest = oldValue === null ? timestamp : Math.max(timestamp, stored.timestamp);
    this.#store.put(key, newValue === null ? null : { value: newValue, timestamp: latest }, start);
    this.#forwarder.update(record, this.#windowed(key, start), latest, newValue, oldValue);
  }

  #windowed(key: unknown, start: number): Windowed<unknown> {
    return new Windowed(key, start, start + this.#size);
  }
}
