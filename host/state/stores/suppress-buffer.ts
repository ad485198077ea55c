import type { StoreSpec } from "../../topology/store-spec.ts";
import { type KeyText, keyBytes, keyText } from "../key-text.ts";
import type { LoggedRecord, StoreAccess } from "../store-access.ts";
import { type BufferedOrigin, type BufferedValue, readBuffered, writeBuffered } from "./buffered-value.ts";
import { bytesOf, keyOf, keyTextOf, textBehind } from "./bytes-of.ts";
import { TIME_BYTES, timeAt, timeText } from "./time-text.ts";

/** A change of a row that is kept back; null: there is no row. */
export interface HeldChange {
  readonly key: unknown;
  readonly newValue: unknown;
  readonly oldValue: unknown;
  readonly origin: BufferedOrigin;
}

/** How much is kept back. */
export interface HeldSize {
  readonly records: number;
  /** As Kafka Streams counts them. */
  readonly bytes: number;
  /** The smallest time by which anything is kept; infinite: nothing is. */
  readonly earliest: number;
}

/** Changes by their keys; the keys by their times; how much there is; the stream time of what came in. */
const ENTRIES: KeyText = "k";
const ORDER: KeyText = "i";
const SIZE: KeyText = "n";
const STREAM_TIME: KeyText = "o";
const EMPTY = new Uint8Array();
const NOTHING: HeldSize = { records: 0, bytes: 0, earliest: Number.POSITIVE_INFINITY };
/** Of the changelog's records: one header, "v", whose value is 3: how their values are written in Kafka Streams. */
const CHANGELOG_HEADERS = Uint8Array.of(2, 2, 0x76, 2, 3);

/**
 * The changes that a suppression keeps back, in the order of the times that they were given first, then of their keys (Kafka
 * Streams' InMemoryTimeOrderedKeyValueChangeBuffer). Its changelog has the last one of each key, at each commit.
 */
export class SuppressBuffer {
  readonly #spec: StoreSpec;
  readonly #access: StoreAccess;
  readonly #now: () => number;

  constructor(spec: StoreSpec, access: StoreAccess, now: () => number = () => 0) {
    this.#spec = spec;
    this.#access = access;
    this.#now = now;
  }

  get size(): HeldSize {
    const bytes = this.#access.get(SIZE);
    if (bytes === undefined) return NOTHING;
    const text = keyText(bytes);
    const records = timeAt(text, 0);
    return records === 0
      ? NOTHING
      : { records, bytes: timeAt(text, TIME_BYTES), earliest: timeAt(text, 2 * TIME_BYTES) };
  }

  /** The largest event time of all that ever came in, with this one. */
  streamTime(seen: number): number {
    const bytes = this.#access.get(STREAM_TIME);
    const before = bytes === undefined ? -1 : timeAt(keyText(bytes), 0);
    if (seen > before) this.#access.put(STREAM_TIME, Buffer.from(timeText(seen), "latin1"), undefined);
    return Math.max(seen, before);
  }

  /** Keeps a change back. One of the same key takes the place of the one before, with its time. */
  hold(time: number, { key, newValue, oldValue, origin }: HeldChange): void {
    const text = keyTextOf(this.#spec, key);
    const written = (value: unknown) => (value === null ? null : bytesOf(this.#spec.value, value));
    const old = written(oldValue);
    const present = this.#present(text);
    const prior = present === undefined ? old : present.held.prior;
    const held = { prior, old, now: written(newValue), origin };
    this.#put(text, present?.time ?? time, held, present, true);
  }

  /** Takes out the first change. undefined: there is none. */
  take(): HeldChange | undefined {
    for (const [entry] of this.#access.range({ from: ORDER, to: textBehind(ORDER) })) {
      const text = entry.slice(ORDER.length + TIME_BYTES);
      const present = this.#present(text)!;
      this.#remove(text, present, true);
      const read = (bytes: Uint8Array | null) =>
        bytes === null ? null : (this.#spec.value.deserialize(bytes) as unknown);
      const { now, old, origin } = present.held;
      return { key: keyOf(this.#spec.key, text), newValue: read(now), oldValue: read(old), origin };
    }
    return undefined;
  }

  /** The value that a key had before its change was kept back; undefined: nothing of it is kept back. */
  prior(key: unknown): { readonly value: unknown } | undefined {
    const present = this.#present(keyTextOf(this.#spec, key));
    if (present === undefined) return undefined;
    const { prior } = present.held;
    return { value: prior === null ? null : (this.#spec.value.deserialize(prior) as unknown) };
  }

  /** A record of the changelog. */
  restore({ key, value }: LoggedRecord): void {
    const text = keyText(key);
    const present = this.#present(text);
    if (value === null) {
      if (present !== undefined) this.#remove(text, present, false);
      return;
    }
    const held = readBuffered(Uint8Array.from(value));
    this.streamTime(held.origin.timestamp);
    const time = timeAt(keyText(value.subarray(value.length - TIME_BYTES)), 0);
    this.#put(text, present?.time ?? time, held, present, false);
  }

  #put(
    text: KeyText,
    time: number,
    held: BufferedValue,
    present: Present | undefined,
    isLogged: boolean,
  ): void {
    const stored = writeBuffered(held, TIME_BYTES);
    stored.write(timeText(time), stored.length - TIME_BYTES, "latin1");
    const { timestamp } = held.origin;
    const record = { key: keyBytes(text), value: stored, timestamp, rawHeaders: CHANGELOG_HEADERS };
    this.#access.put(`${ENTRIES}${text}`, stored, isLogged ? record : undefined);
    if (present === undefined) this.#access.put(`${ORDER}${timeText(time)}${text}`, EMPTY, undefined);
    const { records, bytes, earliest } = this.size;
    this.#resize({
      records: records + (present === undefined ? 1 : 0),
      bytes: bytes + sizeOf(text, held) - (present === undefined ? 0 : sizeOf(text, present.held)),
      earliest: Math.min(earliest, time),
    });
  }

  #remove(text: KeyText, { time, held }: Present, isLogged: boolean): void {
    const record = { key: keyBytes(text), value: null, timestamp: this.#now() };
    this.#access.put(`${ENTRIES}${text}`, undefined, isLogged ? record : undefined);
    this.#access.put(`${ORDER}${timeText(time)}${text}`, undefined, undefined);
    const { records, bytes } = this.size;
    this.#resize({ records: records - 1, bytes: bytes - sizeOf(text, held), earliest: this.#first() });
  }

  #first(): number {
    for (const [entry] of this.#access.range({ from: ORDER, to: textBehind(ORDER) }))
      return timeAt(entry, ORDER.length);
    return 0;
  }

  #resize({ records, bytes, earliest }: HeldSize): void {
    const text = timeText(records) + timeText(bytes) + timeText(earliest);
    this.#access.put(SIZE, Buffer.from(text, "latin1"), undefined);
  }

  #present(text: KeyText): Present | undefined {
    const stored = this.#access.get(`${ENTRIES}${text}`);
    if (stored === undefined) return undefined;
    const time = timeAt(keyText(stored.subarray(stored.length - TIME_BYTES)), 0);
    return { time, held: readBuffered(stored) };
  }
}

interface Present {
  readonly time: number;
  readonly held: BufferedValue;
}

/** Bytes that an entry counts for beside its key, its values, its topic and its headers: times, offset, partition. */
const FIXED_BYTES = 28;

function sizeOf(text: KeyText, { origin, prior, old, now }: BufferedValue): number {
  const headers = origin.headers.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0);
  const isSame = old !== null && prior !== null && Buffer.compare(old, prior) === 0;
  const values = (prior?.length ?? 0) + (isSame ? 0 : (old?.length ?? 0)) + (now?.length ?? 0);
  return FIXED_BYTES + text.length + values + origin.topic.length + headers;
}
