import type { StoreSpec } from "../../topology/store-spec.ts";
import { type KeyText, keyText } from "../key-text.ts";
import type { LoggedRecord, StoreAccess } from "../store-access.ts";
import { type BufferedOrigin, readBuffered, writeBuffered } from "./buffered-value.ts";
import { bytesOf, keyOf, keyTextOf } from "./bytes-of.ts";
import { numberText, TIME_BYTES, timeAt, timeText } from "./time-text.ts";

/** A record that waits in a buffer. */
export interface WaitingRecord {
  readonly key: unknown;
  readonly value: unknown;
  readonly origin: BufferedOrigin;
}

/** Entries; the largest time that was put; the number of the last entry, which tells equal ones apart. */
const ENTRIES: KeyText = "k";
const TIME: KeyText = "t";
const SEQUENCE: KeyText = "s";
/** Before each key in the changelog (TimeFirstWindowKeySchema). */
const PREFIX = "\0";
const SEQUENCE_BYTES = 4;
/** Behind each value in the changelog: the time at which it came, which is not used. */
const PADDING_BYTES = 8;

/**
 * Records of a stream that wait for rows which come late (Kafka Streams' RocksDBTimeOrderedKeyValueBuffer), in the order of
 * their times, then of their keys.
 */
export class JoinBuffer {
  readonly #spec: StoreSpec;
  readonly #access: StoreAccess;
  readonly #now: () => number;

  constructor(spec: StoreSpec, access: StoreAccess, now: () => number = () => 0) {
    this.#spec = spec;
    this.#access = access;
    this.#now = now;
  }

  /** @returns false: it is older than what waits for so long, so that it need not wait. */
  add({ key, value, origin }: WaitingRecord, graceMs: number): boolean {
    const { timestamp } = origin;
    if (this.#time - graceMs > timestamp) return false;
    const sequence = numberText((this.#sequence + 1) & 0x7fffffff);
    const name = `${timeText(timestamp)}${keyTextOf(this.#spec, key)}${sequence}`;
    const now = bytesOf(this.#spec.value, value);
    const stored = writeBuffered({ origin, prior: null, old: null, now }, PADDING_BYTES);
    this.#put(name, stored, true);
    this.#access.put(SEQUENCE, Buffer.from(sequence, "latin1"), undefined);
    return true;
  }

  /** Takes the records that have waited for so long, in the order of their times. */
  takeDue(graceMs: number): readonly WaitingRecord[] {
    const last = this.#time - graceMs;
    if (last < 0) return [];
    const due = [...this.#access.range({ from: ENTRIES, to: `${ENTRIES}${timeText(last + 1)}` })];
    return due.map(([entry, bytes]) => {
      const name = entry.slice(ENTRIES.length);
      const key = keyOf(this.#spec.key, name.slice(TIME_BYTES, name.length - SEQUENCE_BYTES));
      const { origin, now } = readBuffered(bytes);
      this.#put(name, undefined, true);
      return { key, value: this.#spec.value.deserialize(now!) as unknown, origin };
    });
  }

  /** A record of the changelog. */
  restore({ key, value }: LoggedRecord): void {
    const name = keyText(key).slice(PREFIX.length);
    const sequence = name.slice(name.length - SEQUENCE_BYTES);
    if (sequence > numberText(this.#sequence))
      this.#access.put(SEQUENCE, Buffer.from(sequence, "latin1"), undefined);
    this.#put(name, value === null ? undefined : Buffer.from(value), false);
  }

  #put(name: KeyText, stored: Buffer | undefined, isLogged: boolean): void {
    const time = timeAt(name, 0);
    if (time > this.#time) this.#access.put(TIME, Buffer.from(timeText(time), "latin1"), undefined);
    const key = Buffer.from(`${PREFIX}${name}`, "latin1");
    const record = { key, value: stored ?? null, timestamp: this.#now() };
    this.#access.put(`${ENTRIES}${name}`, stored, isLogged ? record : undefined);
  }

  get #time(): number {
    const bytes = this.#access.get(TIME);
    return bytes === undefined ? -1 : timeAt(keyText(bytes), 0);
  }

  get #sequence(): number {
    const bytes = this.#access.get(SEQUENCE);
    return bytes === undefined ? 0 : Buffer.from(bytes).readInt32BE();
  }
}
