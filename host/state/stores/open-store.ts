import { assert, unreachable } from "../../assert.ts";
import type { StoreSpec } from "../../topology/store-spec.ts";
import { keyText } from "../key-text.ts";
import type { LoggedRecord, StoreAccess } from "../store-access.ts";
import { JoinBuffer } from "./join-buffer.ts";
import { LruReader, LruStore } from "./lru-store.ts";
import { PlainStore, plainLayout, ReadableStore, type StoreReader } from "./plain-store.ts";
import { SegmentedSessionStore } from "./session-store.ts";
import { SuppressBuffer } from "./suppress-buffer.ts";
import { stamped, timestampedLayout } from "./timestamped-layout.ts";
import { VersionedStore } from "./versioned-store.ts";
import { SegmentedWindowStore } from "./window-store.ts";

/** What a store asks of the task that writes it. */
export interface StoreWriting {
  /** Event time of the record that runs. */
  now(): number;
  /** A record was too old, and is left out. */
  drop(): void;
  /** Raw headers of the record that runs, for keeps. */
  headers(): Uint8Array;
}

/** What processors get of a store. */
export function openStore(
  spec: StoreSpec,
  access: StoreAccess,
  { now, drop, headers }: StoreWriting,
): unknown {
  switch (spec.kind) {
    case "key-value":
      return new PlainStore(spec, access, plainLayout(spec, now), now);
    case "timestamped-key-value":
      return new PlainStore(
        spec,
        access,
        timestampedLayout(spec),
        now,
        spec.logsHeaders === true ? headers : undefined,
      );
    case "lru":
      return new LruStore(spec, access, now);
    case "versioned":
      return new VersionedStore(spec, access, drop);
    case "window":
      // as in Kafka Streams, whose other stores leave headers out
      return new SegmentedWindowStore(spec, access, plainLayout(spec, now), now, drop, headers);
    case "timestamped-window":
      return new SegmentedWindowStore(spec, access, timestampedLayout(spec), now, drop);
    case "session":
      return new SegmentedSessionStore(spec, access, now, drop);
    case "join-buffer":
      return new JoinBuffer(spec, access, now);
    case "suppress-buffer":
      return new SuppressBuffer(spec, access, now);
    default:
      return unreachable(spec.kind);
  }
}

/** The same for who only reads. */
export function readStore(spec: StoreSpec, reader: StoreReader): unknown {
  switch (spec.kind) {
    case "key-value":
      return new ReadableStore(
        spec,
        reader,
        plainLayout(spec, () => 0),
      );
    case "timestamped-key-value":
      return new ReadableStore(spec, reader, timestampedLayout(spec));
    case "lru":
      return new LruReader(spec, readOnly(reader));
    case "versioned":
      return new VersionedStore(spec, readOnly(reader));
    case "window":
      return new SegmentedWindowStore(
        spec,
        readOnly(reader),
        plainLayout(spec, () => 0),
      );
    case "timestamped-window":
      return new SegmentedWindowStore(spec, readOnly(reader), timestampedLayout(spec));
    case "session":
      return new SegmentedSessionStore(spec, readOnly(reader));
    case "join-buffer":
      return new JoinBuffer(spec, readOnly(reader));
    case "suppress-buffer":
      return new SuppressBuffer(spec, readOnly(reader));
    default:
      return unreachable(spec.kind);
  }
}

/** Brings a record of its changelog back into a store. */
export function restoreRecord(spec: StoreSpec, access: StoreAccess, record: LoggedRecord): void {
  const { key, value, timestamp } = record;
  switch (spec.kind) {
    case "key-value":
      access.put(keyText(key), value === null ? undefined : Uint8Array.from(value), undefined);
      return;
    case "timestamped-key-value":
      access.put(keyText(key), value === null ? undefined : stamped(value, timestamp), undefined);
      return;
    case "lru":
      new LruStore(spec, access).restore(record);
      return;
    case "versioned":
      new VersionedStore(spec, access).restore(record);
      return;
    case "window": {
      const layout = plainLayout(spec, () => timestamp);
      new SegmentedWindowStore(spec, access, layout).restore(
        record,
        value === null ? undefined : Uint8Array.from(value),
      );
      return;
    }
    case "timestamped-window": {
      const stored = value === null ? undefined : stamped(value, timestamp);
      new SegmentedWindowStore(spec, access, timestampedLayout(spec)).restore(record, stored);
      return;
    }
    case "session":
      new SegmentedSessionStore(spec, access).restore(record);
      return;
    case "join-buffer":
      new JoinBuffer(spec, access).restore(record);
      return;
    case "suppress-buffer":
      new SuppressBuffer(spec, access).restore(record);
      return;
    default:
      unreachable(spec.kind);
  }
}

function readOnly(reader: StoreReader): StoreAccess {
  return {
    get: (key) => reader.get(key),
    range: (range) => reader.range(range),
    isCached: reader.isCached === true,
    get size() {
      return reader.size;
    },
    put: () => {
      assert(false, "a query writes nothing");
    },
  };
}
