import type { StoreSpec } from "../../topology/store-spec.ts";
import { Windowed } from "../../topology/windowed.ts";
import { type KeyText, keyText } from "../key-text.ts";
import type { LoggedRecord, StoreAccess } from "../store-access.ts";
import { checkTimestamp, keyOf, keyTextOf } from "./bytes-of.ts";
import type { ValueLayout } from "./plain-store.ts";
import { SegmentTimes } from "./segment-times.ts";
import { type KeyRange, scanSegments, TIMES_BEHIND, type TimedKey, timesWithin } from "./segments.ts";
import { numberText, TIME_BYTES, timeAt, timeText } from "./time-text.ts";

/** Reads a store of values by key and window. Windows are named by their start, in milliseconds since the epoch. */
export interface ReadOnlyWindowStore<K, V> {
  /** The value of a window; undefined: there is none, or it is older than the retention. */
  get(key: K, start: number): V | undefined;
  /** The windows of a key whose starts lie from `from` to `to`, both included, the earliest first. */
  fetch(key: K, from: number, to: number): Iterable<readonly [start: number, value: V]>;
  backwardFetch(key: K, from: number, to: number): Iterable<readonly [start: number, value: V]>;
  /** The same for the keys from one to another, both included; undefined: open. Segment by segment in the keys' order. */
  fetchRange(
    fromKey: K | undefined,
    toKey: K | undefined,
    from: number,
    to: number,
  ): Iterable<readonly [Windowed<K>, V]>;
  backwardFetchRange(
    fromKey: K | undefined,
    toKey: K | undefined,
    from: number,
    to: number,
  ): Iterable<readonly [Windowed<K>, V]>;
  /** The same for all keys. */
  fetchAll(from: number, to: number): Iterable<readonly [Windowed<K>, V]>;
  backwardFetchAll(from: number, to: number): Iterable<readonly [Windowed<K>, V]>;
  all(): Iterable<readonly [Windowed<K>, V]>;
  backwardAll(): Iterable<readonly [Windowed<K>, V]>;
}

/** A store of values by key and window. Null as a value deletes, unless the store keeps duplicates. */
export interface WindowStore<K, V> extends ReadOnlyWindowStore<K, V> {
  put(key: K, value: V | null, start: number): void;
}

const SEQUENCE_BYTES = 4;
/** Behind the key in a changelog's keys: the window's start, and a number that tells duplicates apart. */
const SUFFIX_BYTES = TIME_BYTES + SEQUENCE_BYTES;
const NO_DUPLICATE = "\0\0\0\0";
const LAST_DUPLICATE = "\x7f\xff\xff\xff";
/** Where the number of the last duplicate lies. */
const SEQUENCE: KeyText = "s";
/** Windows once more, by their times first. */
const BY_TIME: KeyText = "i";
const EMPTY = new Uint8Array();

/** Of a window: its key's text, its start's, both with its number, and that behind its segment: where its value lies. */
interface Place {
  readonly key: unknown;
  readonly start: number;
  readonly sequence: string;
  readonly text: KeyText;
  readonly time: KeyText;
  readonly name: KeyText;
  readonly entry: KeyText;
}

/**
 * Kafka Streams' RocksDBWindowStore in meaning and in the bytes of its changelog: windows lie in segments of time, in each by
 * key and start (WindowKeySchema), and are forgotten segment by segment.
 */
export class SegmentedWindowStore<K, V> implements WindowStore<K, V> {
  readonly #spec: StoreSpec;
  readonly #access: StoreAccess;
  readonly #layout: ValueLayout<V>;
  /** For the operator that writes it. */
  readonly times: SegmentTimes;
  readonly #now: () => number;
  readonly #headers: (() => Uint8Array) | undefined;
  /** Where the window is that was asked for last: most are read, then written. */
  #last: Place | undefined;

  /**
   * @param now the event time of the record that runs: what is deleted is deleted then.
   * @param drop is told of each window that comes too late.
   * @param headers of the record that runs, raw, where they go to the changelog too.
   */
  constructor(
    spec: StoreSpec,
    access: StoreAccess,
    layout: ValueLayout<V>,
    now: () => number = () => 0,
    drop: () => void = () => {},
    headers?: () => Uint8Array,
  ) {
    this.#spec = spec;
    this.#access = access;
    this.#layout = layout;
    this.#now = now;
    this.#headers = headers;
    this.times = new SegmentTimes(spec.windows!, access, drop);
  }

  // ---- writing

  put(key: K, value: V | null, start: number): void {
    checkTimestamp(this.#spec, start);
    const { keepsDuplicates } = this.#spec.windows!;
    if (value === null || value === undefined) {
      if (keepsDuplicates) return;
      this.#put(this.#placeOf(key, start, NO_DUPLICATE), undefined, null, this.#now(), true);
      return;
    }
    const { stored, logged, timestamp } = this.#layout.write(value);
    const sequence = keepsDuplicates ? this.#nextSequence() : NO_DUPLICATE;
    this.#put(this.#placeOf(key, start, sequence), stored, logged, timestamp, true);
  }

  /** A record of the changelog. @param stored its value as the store keeps it */
  restore({ key, value, timestamp }: LoggedRecord, stored: Uint8Array | undefined): void {
    const text = keyText(key);
    const keyEnd = text.length - SUFFIX_BYTES;
    const sequence = text.slice(keyEnd + TIME_BYTES);
    if (this.#spec.windows!.keepsDuplicates && sequence > this.#sequence)
      this.#access.put(SEQUENCE, Buffer.from(sequence, "latin1"), undefined);
    this.times.streamTime("", timestamp);
    const place = this.#place(undefined, text.slice(0, keyEnd), timeAt(text, keyEnd), sequence);
    this.#put(place, stored, value, timestamp, false);
  }

  #put(
    { start, text, time, sequence, name, entry }: Place,
    stored: Uint8Array | undefined,
    logged: Uint8Array | null,
    timestamp: number,
    isLogged: boolean,
  ): void {
    if (!this.times.observe(start, BY_TIME)) return;
    const headers = this.#headers === undefined ? {} : { rawHeaders: this.#headers() };
    const record = { key: Buffer.from(name, "latin1"), value: logged, timestamp, ...headers };
    this.#access.put(entry, stored, isLogged ? record : undefined);
    if (this.#spec.windows!.isTimeOrdered)
      this.#access.put(`${BY_TIME}${time}${text}${sequence}`, stored && EMPTY, undefined);
  }

  #placeOf(key: K, start: number, sequence: string): Place {
    const last = this.#last;
    if (last !== undefined && last.key === key && last.start === start && last.sequence === sequence)
      return last;
    const place = this.#place(key, keyTextOf(this.#spec, key), start, sequence);
    // an object may be another key by the time that it comes again
    this.#last = typeof key === "object" ? undefined : place;
    return place;
  }

  #place(key: unknown, text: KeyText, start: number, sequence: string): Place {
    const time = timeText(start);
    const name = `${text}${time}${sequence}`;
    return { key, start, sequence, text, time, name, entry: `${this.times.segmentOf(start)}${name}` };
  }

  #nextSequence(): string {
    const last = this.#sequence;
    const next = last === "" ? 1 : (Buffer.from(last, "latin1").readInt32BE() + 1) & 0x7fffffff;
    const text = numberText(next);
    this.#access.put(SEQUENCE, Buffer.from(text, "latin1"), undefined);
    return text;
  }

  get #sequence(): string {
    const bytes = this.#access.get(SEQUENCE);
    return bytes === undefined ? "" : keyText(bytes);
  }

  // ---- reading

  get(key: K, start: number): V | undefined {
    if (start < this.times.visibleFrom) return undefined;
    const sequence = this.#spec.windows!.keepsDuplicates ? this.#sequence : NO_DUPLICATE;
    const bytes = this.#access.get(this.#placeOf(key, start, sequence).entry);
    return bytes === undefined ? undefined : this.#layout.read(bytes);
  }

  fetch(key: K, from: number, to: number): Iterable<readonly [number, V]> {
    return this.#fetch(key, from, to, false);
  }

  backwardFetch(key: K, from: number, to: number): Iterable<readonly [number, V]> {
    return this.#fetch(key, from, to, true);
  }

  fetchRange(fromKey: K | undefined, toKey: K | undefined, from: number, to: number) {
    return this.#range(this.#keys(fromKey, toKey), from, to, false);
  }

  backwardFetchRange(fromKey: K | undefined, toKey: K | undefined, from: number, to: number) {
    return this.#range(this.#keys(fromKey, toKey), from, to, true);
  }

  fetchAll(from: number, to: number): Iterable<readonly [Windowed<K>, V]> {
    return this.#spec.windows!.isTimeOrdered
      ? this.#byTime(from, to, false)
      : this.#range({}, from, to, false);
  }

  backwardFetchAll(from: number, to: number): Iterable<readonly [Windowed<K>, V]> {
    return this.#spec.windows!.isTimeOrdered ? this.#byTime(from, to, true) : this.#range({}, from, to, true);
  }

  all(): Iterable<readonly [Windowed<K>, V]> {
    return this.fetchAll(0, TIMES_BEHIND);
  }

  backwardAll(): Iterable<readonly [Windowed<K>, V]> {
    return this.backwardFetchAll(0, TIMES_BEHIND);
  }

  *#fetch(key: K, from: number, to: number, reverse: boolean): Iterable<readonly [number, V]> {
    const text = keyTextOf(this.#spec, key);
    const first = Math.max(from, this.times.visibleFrom, 0);
    if (to < first) return;
    const within = timesWithin(first, to);
    const low = `${text}${timeText(first)}${NO_DUPLICATE}`;
    const high = `${text}${timeText(within.last)}${LAST_DUPLICATE}`;
    const keys = { from: low, to: `${high}\0` };
    for (const { name, bytes } of scanSegments(this.#access, this.times, within, keys, reverse)) {
      const found = readName(name);
      if (found.key === text && found.start >= first && found.start <= to)
        yield [found.start, this.#layout.read(bytes)];
    }
  }

  /** In segments, by their keys. */
  *#range(keys: KeyRange, from: number, to: number, reverse: boolean): Iterable<readonly [Windowed<K>, V]> {
    const first = Math.max(from, this.times.visibleFrom, 0);
    if (to < first || (keys.from !== undefined && keys.to !== undefined && keys.from > keys.to)) return;
    const scanned = scanSegments(
      this.#access,
      this.times,
      timesWithin(first, to),
      { from: keys.from },
      reverse,
    );
    for (const { name, bytes } of scanned) {
      const { key, start } = readName(name);
      const isWithin =
        (keys.from === undefined || key >= keys.from) && (keys.to === undefined || key <= keys.to);
      if (isWithin && start >= first && start <= to)
        yield [this.#windowed(key, start), this.#layout.read(bytes)];
    }
  }

  *#byTime(from: number, to: number, reverse: boolean): Iterable<readonly [Windowed<K>, V]> {
    const first = Math.max(from, this.times.visibleFrom, 0);
    if (to < first) return;
    const { last } = timesWithin(first, to);
    const range = { from: `${BY_TIME}${timeText(first)}`, to: `${BY_TIME}${timeText(last + 1)}`, reverse };
    for (const [entry] of this.#access.range(range)) {
      const start = timeAt(entry, BY_TIME.length);
      const rest = entry.slice(BY_TIME.length + TIME_BYTES);
      const key = rest.slice(0, rest.length - SEQUENCE_BYTES);
      const name = `${key}${timeText(start)}${rest.slice(rest.length - SEQUENCE_BYTES)}`;
      const bytes = this.#access.get(`${this.times.segmentOf(start)}${name}`);
      if (bytes !== undefined) yield [this.#windowed(key, start), this.#layout.read(bytes)];
    }
  }

  #keys(from: K | undefined, to: K | undefined): KeyRange {
    return {
      from: isOpen(from) ? undefined : keyTextOf(this.#spec, from),
      to: isOpen(to) ? undefined : keyTextOf(this.#spec, to),
    };
  }

  #windowed(key: KeyText, start: number): Windowed<K> {
    return new Windowed(keyOf<K>(this.#spec.key, key), start, start + this.#spec.windows!.sizeMs);
  }
}

function isOpen(key: unknown): key is undefined | null {
  return key === undefined || key === null;
}

function readName(name: KeyText): TimedKey {
  const keyEnd = name.length - SUFFIX_BYTES;
  return { key: name.slice(0, keyEnd), start: timeAt(name, keyEnd) };
}

/** Of an entry's key in the store: the window's key and start, for those who know the bytes only. */
export function windowIn(text: KeyText): TimedKey {
  return readName(text.slice(SegmentTimes.PREFIX_BYTES));
}
