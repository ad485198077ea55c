import type { StoreSpec } from "../../topology/store-spec.ts";
import { Windowed } from "../../topology/windowed.ts";
import { type KeyText, keyText } from "../key-text.ts";
import type { LoggedRecord, StoreAccess } from "../store-access.ts";
import { bytesOf, checkTimestamp, keyOf, keyTextOf } from "./bytes-of.ts";
import { SegmentTimes } from "./segment-times.ts";
import { type KeyRange, scanSegments, TIMES_BEHIND } from "./segments.ts";
import { TIME_BYTES, timeAt, timeText } from "./time-text.ts";

/** A session and its value. */
export type SessionEntry<K, V> = readonly [session: Windowed<K>, value: V];

/**
 * Reads a store of values by key and session. A session goes from the time of its first record to that of its last, both
 * included, in milliseconds since the epoch. Sessions of a key come in the order of their ends, of equal ones their starts.
 */
export interface ReadOnlySessionStore<K, V> {
  /** undefined: there is none, or it is older than the retention. */
  fetchSession(key: K, start: number, end: number): V | undefined;
  /** All sessions of a key. */
  fetch(key: K): Iterable<SessionEntry<K, V>>;
  backwardFetch(key: K): Iterable<SessionEntry<K, V>>;
  /** Of the keys from one to another, both included; undefined: open. */
  fetchRange(fromKey?: K, toKey?: K): Iterable<SessionEntry<K, V>>;
  backwardFetchRange(fromKey?: K, toKey?: K): Iterable<SessionEntry<K, V>>;
  /** The sessions of a key that end at `earliestEnd` or later, and start at `latestStart` or before. */
  findSessions(key: K, earliestEnd: number, latestStart: number): Iterable<SessionEntry<K, V>>;
  backwardFindSessions(key: K, earliestEnd: number, latestStart: number): Iterable<SessionEntry<K, V>>;
  findSessionsRange(
    fromKey: K | undefined,
    toKey: K | undefined,
    earliestEnd: number,
    latestStart: number,
  ): Iterable<SessionEntry<K, V>>;
  backwardFindSessionsRange(
    fromKey: K | undefined,
    toKey: K | undefined,
    earliestEnd: number,
    latestStart: number,
  ): Iterable<SessionEntry<K, V>>;
  all(): Iterable<SessionEntry<K, V>>;
}

/** A store of values by key and session. Null as a value deletes. */
export interface SessionStore<K, V> extends ReadOnlySessionStore<K, V> {
  put(session: Windowed<K>, value: V | null): void;
  remove(session: Windowed<K>): void;
}

/** Behind the key in a changelog's keys: the session's end and start (SessionKeySchema). */
const SUFFIX_BYTES = 2 * TIME_BYTES;
/** Sessions once more, by their ends first. */
const BY_TIME: KeyText = "i";
const EMPTY = new Uint8Array();

type Writing = "put" | "removal" | "restored";

interface Name {
  readonly key: KeyText;
  readonly start: number;
  readonly end: number;
}

/**
 * Kafka Streams' RocksDBSessionStore in meaning and in the bytes of its changelog: sessions lie in segments by their ends,
 * and are forgotten segment by segment.
 */
export class SegmentedSessionStore<K, V> implements SessionStore<K, V> {
  readonly #spec: StoreSpec;
  readonly #access: StoreAccess;
  /** For the operator that writes it. */
  readonly times: SegmentTimes;
  readonly #now: () => number;

  /**
   * @param now the event time of the record that runs: it is that of each change.
   * @param drop is told of each session that comes too late.
   */
  constructor(
    spec: StoreSpec,
    access: StoreAccess,
    now: () => number = () => 0,
    drop: () => void = () => {},
  ) {
    this.#spec = spec;
    this.#access = access;
    this.#now = now;
    this.times = new SegmentTimes(spec.windows!, access, drop);
  }

  // ---- writing

  put(session: Windowed<K>, value: V | null): void {
    const bytes = value === null || value === undefined ? null : bytesOf(this.#spec.value, value);
    this.#put(this.#nameOf(session), bytes, this.#now(), "put");
  }

  remove(session: Windowed<K>): void {
    this.#put(this.#nameOf(session), null, this.#now(), "removal");
  }

  #nameOf({ key, start, end }: Windowed<K>): Name {
    checkTimestamp(this.#spec, start);
    checkTimestamp(this.#spec, end);
    return { key: keyTextOf(this.#spec, key), start, end };
  }

  /** A record of the changelog. */
  restore({ key, value, timestamp }: LoggedRecord): void {
    this.times.streamTime("", timestamp);
    this.#put(readName(keyText(key)), value && Uint8Array.from(value), timestamp, "restored");
  }

  #put({ key, start, end }: Name, value: Uint8Array | null, timestamp: number, how: Writing): void {
    if (!this.times.observe(end, BY_TIME, how === "removal")) return;
    const name = `${key}${timeText(end)}${timeText(start)}`;
    const record = { key: Buffer.from(name, "latin1"), value, timestamp };
    this.#access.put(
      `${this.times.segmentOf(end)}${name}`,
      value ?? undefined,
      how === "restored" ? undefined : record,
    );
    if (!this.#spec.windows!.isTimeOrdered) return;
    const entry = `${BY_TIME}${timeText(end)}${timeText(start)}${key}`;
    this.#access.put(entry, value === null ? undefined : EMPTY, undefined);
  }

  // ---- reading

  fetchSession(key: K, start: number, end: number): V | undefined {
    return this.#read({ key: keyTextOf(this.#spec, key), start, end });
  }

  fetch(key: K): Iterable<SessionEntry<K, V>> {
    return this.findSessions(key, 0, TIMES_BEHIND);
  }

  backwardFetch(key: K): Iterable<SessionEntry<K, V>> {
    return this.backwardFindSessions(key, 0, TIMES_BEHIND);
  }

  fetchRange(fromKey?: K, toKey?: K): Iterable<SessionEntry<K, V>> {
    return this.findSessionsRange(fromKey, toKey, 0, TIMES_BEHIND);
  }

  backwardFetchRange(fromKey?: K, toKey?: K): Iterable<SessionEntry<K, V>> {
    return this.backwardFindSessionsRange(fromKey, toKey, 0, TIMES_BEHIND);
  }

  findSessions(key: K, earliestEnd: number, latestStart: number): Iterable<SessionEntry<K, V>> {
    return this.#ofKey(key, earliestEnd, latestStart, false);
  }

  backwardFindSessions(key: K, earliestEnd: number, latestStart: number): Iterable<SessionEntry<K, V>> {
    return this.#ofKey(key, earliestEnd, latestStart, true);
  }

  findSessionsRange(fromKey: K | undefined, toKey: K | undefined, earliestEnd: number, latestStart: number) {
    return this.#found(this.#keys(fromKey, toKey), earliestEnd, latestStart, false);
  }

  backwardFindSessionsRange(
    fromKey: K | undefined,
    toKey: K | undefined,
    earliestEnd: number,
    latestStart: number,
  ) {
    return this.#found(this.#keys(fromKey, toKey), earliestEnd, latestStart, true);
  }

  all(): Iterable<SessionEntry<K, V>> {
    return this.#found({}, 0, TIMES_BEHIND, false);
  }

  /** The sessions that end from one time to another, both included, in the order of their ends: of a time-ordered store. */
  *endingWithin(from: number, to: number): Iterable<SessionEntry<K, V>> {
    const first = Math.max(from, this.times.visibleFrom, 0);
    if (to < first) return;
    const range = { from: `${BY_TIME}${timeText(first)}`, to: `${BY_TIME}${timeText(to + 1)}` };
    for (const [entry] of this.#access.range(range)) {
      const key = entry.slice(BY_TIME.length + SUFFIX_BYTES);
      const end = timeAt(entry, BY_TIME.length);
      const start = timeAt(entry, BY_TIME.length + TIME_BYTES);
      const value = this.#read({ key, start, end });
      if (value !== undefined) yield [new Windowed(keyOf<K>(this.#spec.key, key), start, end), value];
    }
  }

  #read({ key, start, end }: Name): V | undefined {
    if (end < this.times.visibleFrom) return undefined;
    const bytes = this.#access.get(`${this.times.segmentOf(end)}${key}${timeText(end)}${timeText(start)}`);
    return bytes === undefined ? undefined : (this.#spec.value.deserialize(bytes) as V);
  }

  #ofKey(key: K, earliestEnd: number, latestStart: number, reverse: boolean) {
    const text = keyTextOf(this.#spec, key);
    return this.#found({ from: text, to: text }, earliestEnd, latestStart, reverse);
  }

  *#found(
    keys: KeyRange,
    earliestEnd: number,
    latestStart: number,
    reverse: boolean,
  ): Iterable<SessionEntry<K, V>> {
    const first = Math.max(earliestEnd, this.times.visibleFrom, 0);
    const isOneKey = keys.from !== undefined && keys.from === keys.to;
    const names = isOneKey
      ? { from: `${keys.from}${timeText(first)}`, to: `${keys.from}${timeText(TIMES_BEHIND + 1)}` }
      : { from: keys.from };
    const scanned = scanSegments(this.#access, this.times, { first, last: TIMES_BEHIND }, names, reverse);
    for (const { name, bytes } of scanned) {
      const { key, start, end } = readName(name);
      const isWithin =
        (keys.from === undefined || key >= keys.from) && (keys.to === undefined || key <= keys.to);
      if (!isWithin || end < first || start > latestStart) continue;
      yield [
        new Windowed(keyOf<K>(this.#spec.key, key), start, end),
        this.#spec.value.deserialize(bytes) as V,
      ];
    }
  }

  #keys(from: K | undefined, to: K | undefined): KeyRange {
    return {
      from: from === undefined || from === null ? undefined : keyTextOf(this.#spec, from),
      to: to === undefined || to === null ? undefined : keyTextOf(this.#spec, to),
    };
  }
}

function readName(name: KeyText): Name {
  const keyEnd = name.length - SUFFIX_BYTES;
  return { key: name.slice(0, keyEnd), end: timeAt(name, keyEnd), start: timeAt(name, keyEnd + TIME_BYTES) };
}

/** Of an entry's key in the store: its session, for those who know the bytes only. */
export function sessionIn(text: KeyText): Name {
  return readName(text.slice(SegmentTimes.PREFIX_BYTES));
}
