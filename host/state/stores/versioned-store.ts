import type { StoreSpec } from "../../topology/store-spec.ts";
import { type KeyText, keyBytes } from "../key-text.ts";
import type { LoggedRecord, StoreAccess } from "../store-access.ts";
import { bytesOf, checkTimestamp, keyOf, keyTextOf, textBehind } from "./bytes-of.ts";
import { readVersions, type Version, versionAt, withVersion, writeVersions } from "./versions.ts";

/** A value as it was valid from a time on. */
export interface VersionedRecord<V> {
  readonly value: V;
  /** From when on it was valid, in milliseconds since the epoch. */
  readonly timestamp: number;
  /** Up to when, that moment not included; undefined: it is the latest. */
  readonly validTo: number | undefined;
}

/** Reads a store that knows its past, as far back as its history retention goes (KIP-889). */
export interface ReadOnlyVersionedStore<K, V> {
  /** The latest version; undefined: there is none, or it is a deletion. */
  get(key: K): VersionedRecord<V> | undefined;
  /** The version that was valid at a time; what lies before the history retention is gone, save the latest version. */
  getAsOf(key: K, timestamp: number): VersionedRecord<V> | undefined;
  /** The latest version of each key, in the order of the keys' bytes. */
  all(): Iterable<readonly [K, VersionedRecord<V>]>;
}

/** A store that knows its past. */
export interface VersionedKeyValueStore<K, V> extends ReadOnlyVersionedStore<K, V> {
  /**
   * @param value null: from then on there is none.
   * @returns up to when the version is valid: until the next newer one; "latest": there is no newer one; "not-put": it is
   *   older than the history retention, and left out.
   */
  put(key: K, value: V | null, timestamp: number): number | "latest" | "not-put";
  /** @returns what was valid then. */
  delete(key: K, timestamp: number): VersionedRecord<V> | undefined;
}

/** Where the store's own stream time lies, its keys, and the times of deletions with their keys: none begins as another. */
const TIME_KEY: KeyText = "t";
const KEYS: KeyText = "k";
const DELETIONS: KeyText = "d";
const TIME_BYTES = 8;

/** Kafka Streams' RocksDBVersionedStore in meaning; all versions of a key lie together. */
export class VersionedStore<K, V> implements VersionedKeyValueStore<K, V> {
  readonly #spec: StoreSpec;
  readonly #access: StoreAccess;

  readonly #drop: () => void;

  /** @param drop is told of each record that is too old. */
  constructor(spec: StoreSpec, access: StoreAccess, drop: () => void = () => {}) {
    this.#drop = drop;
    this.#spec = spec;
    this.#access = access;
  }

  get(key: K): VersionedRecord<V> | undefined {
    const versions = this.#versions(this.#keyText(key));
    return this.#record(versions, versions[0]);
  }

  getAsOf(key: K, timestamp: number): VersionedRecord<V> | undefined {
    const versions = this.#versions(this.#keyText(key));
    if (timestamp >= this.#horizon) return this.#record(versions, versionAt(versions, timestamp));
    const [latest] = versions;
    return latest !== undefined && latest.timestamp <= timestamp ? this.#record(versions, latest) : undefined;
  }

  *all(): Iterable<readonly [K, VersionedRecord<V>]> {
    for (const [text, bytes] of this.#access.range({ from: KEYS, to: textBehind(KEYS) })) {
      const versions = readVersions(bytes);
      const latest = this.#record(versions, versions[0]);
      if (latest !== undefined) yield [keyOf<K>(this.#spec.key, text.slice(KEYS.length)), latest];
    }
  }

  put(key: K, value: V | null, timestamp: number): number | "latest" | "not-put" {
    checkTimestamp(this.#spec, timestamp);
    return this.#put(
      this.#keyText(key),
      value === null ? null : bytesOf(this.#spec.value, value),
      timestamp,
      true,
    );
  }

  delete(key: K, timestamp: number): VersionedRecord<V> | undefined {
    checkTimestamp(this.#spec, timestamp);
    if (timestamp < this.#horizon) {
      this.#drop();
      return undefined;
    }
    const present = this.getAsOf(key, timestamp);
    this.put(key, null, timestamp);
    return present;
  }

  /** A record of the changelog. */
  restore({ key, value, timestamp }: LoggedRecord): void {
    this.#put(
      `${KEYS}${Buffer.from(key).toString("latin1")}`,
      value === null ? null : Uint8Array.from(value),
      timestamp,
      false,
    );
  }

  #put(
    text: KeyText,
    value: Uint8Array | null,
    timestamp: number,
    logs: boolean,
  ): number | "latest" | "not-put" {
    if (timestamp < this.#horizon) {
      this.#drop();
      return "not-put";
    }
    if (timestamp > this.#time) {
      this.#access.put(TIME_KEY, timeBytes(timestamp), undefined);
      this.#forgetDeletions();
    }
    const before = this.#versions(text);
    const after = withVersion(before, { timestamp, value }, this.#horizon);
    const versions = losesDeletion(before, after) ? after.slice(1) : after;
    const key = keyBytes(text.slice(KEYS.length));
    const stored = versions.length === 0 ? undefined : writeVersions(versions);
    this.#access.put(text, stored, logs ? { key, value, timestamp } : undefined);
    if (value === null && versions[0]?.timestamp === timestamp) {
      this.#access.put(`${DELETIONS}${timeText(timestamp)}${text.slice(KEYS.length)}`, EMPTY, undefined);
    }
    return before.findLast((version) => version.timestamp > timestamp)?.timestamp ?? "latest";
  }

  /** A key that has been deleted, and whose past nobody can ask for any more, takes no room. */
  #forgetDeletions(): void {
    const horizon = this.#horizon;
    if (horizon <= 0) return;
    const old = { from: DELETIONS, to: `${DELETIONS}${timeText(horizon)}` };
    for (const [deletion] of [...this.#access.range(old)]) {
      this.#access.put(deletion, undefined, undefined);
      const text = `${KEYS}${deletion.slice(DELETIONS.length + TIME_BYTES)}`;
      const [latest] = this.#versions(text);
      if (latest?.value === null && latest.timestamp < horizon) this.#access.put(text, undefined, undefined);
    }
  }

  /** Largest time that was ever put. */
  get #time(): number {
    const bytes = this.#access.get(TIME_KEY);
    if (bytes === undefined) return Number.NEGATIVE_INFINITY;
    return Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0));
  }

  get #horizon(): number {
    return this.#time - this.#spec.historyMs!;
  }

  #keyText(key: K): KeyText {
    return `${KEYS}${keyTextOf(this.#spec, key)}`;
  }

  #versions(text: KeyText): readonly Version[] {
    return readVersions(this.#access.get(text));
  }

  #record(versions: readonly Version[], version: Version | undefined): VersionedRecord<V> | undefined {
    if (version === undefined || version.value === null) return undefined;
    const { value, timestamp } = version;
    const validTo = versions[versions.indexOf(version) - 1]?.timestamp;
    return { value: this.#spec.value.deserialize(value) as V, timestamp, validTo };
  }
}

/**
 * Kafka Streams keeps a deletion as the end of the version before it. One that takes the place of the latest version, at the
 * same time, and has nothing to end, leaves no trace: an older version that comes later is the latest again.
 */
function losesDeletion([replaced]: readonly Version[], [latest, older]: readonly Version[]): boolean {
  return (
    latest?.value === null &&
    replaced !== undefined &&
    replaced.value !== null &&
    replaced.timestamp === latest.timestamp &&
    (older === undefined || older.value === null)
  );
}

const EMPTY = new Uint8Array();

function timeBytes(time: number): Buffer {
  const bytes = Buffer.allocUnsafe(TIME_BYTES);
  bytes.writeBigInt64BE(BigInt(time));
  return bytes;
}

/** In the order of the times, from 0 on. */
function timeText(time: number): KeyText {
  return timeBytes(time).toString("latin1");
}
