import type { StoreSpec } from "../../topology/store-spec.ts";
import { bytesOf, checkTimestamp } from "./bytes-of.ts";
import type { ValueAndTimestamp } from "./key-value-store.ts";
import type { ValueLayout } from "./plain-store.ts";

/** Bytes of the timestamp before a value. */
export const STAMP_BYTES = 8;

/**
 * Values with timestamps: 8 bytes, big-endian, then the value, as in Kafka Streams (KIP-258). The changelog has the value
 * alone; the timestamp is its record's.
 */
export function timestampedLayout<V>(spec: StoreSpec): ValueLayout<ValueAndTimestamp<V>> {
  const { value } = spec;
  return {
    read: (bytes) => ({ timestamp: timestampIn(bytes), value: value.deserialize(valueIn(bytes)) as V }),
    write: ({ value: made, timestamp }) => {
      checkTimestamp(spec, timestamp);
      const logged = bytesOf(value, made);
      return { stored: stamped(logged, timestamp), logged, timestamp };
    },
  };
}

// Halves of 32 bits: a bigint for each would cost more than all else.
const HIGH = 2 ** 32;

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** @param timestamp 0 or more. */
export function stamped(value: Uint8Array, timestamp: number): Uint8Array {
  const stored = Buffer.allocUnsafe(STAMP_BYTES + value.length);
  stored.writeInt32BE(Math.floor(timestamp / HIGH), 0);
  stored.writeUInt32BE(timestamp % HIGH, 4);
  stored.set(value, STAMP_BYTES);
  return stored;
}

export function timestampIn(stored: Uint8Array): number {
  return wordAt(stored, 0) * HIGH + (wordAt(stored, 4) >>> 0);
}

export function valueIn(stored: Uint8Array): Uint8Array {
  return stored.subarray(STAMP_BYTES);
}
