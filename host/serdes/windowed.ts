import { PeridotError } from "../errors.ts";
import type { AnySerde, Serde } from "../topology/serde.ts";
import { Windowed } from "../topology/windowed.ts";

const TIME_BYTES = 8;
const HIGH = 2 ** 32;

/**
 * Keys of time windows, as Kafka Streams writes them into topics (TimeWindowedSerializer): the key's bytes and the
 * window's start. The end is not written: who reads must know the size.
 *
 * @param sizeMs from a window's start to its end, in milliseconds.
 */
export function timeWindowed<K>(key: Serde<K>, sizeMs: number): Serde<Windowed<K>> {
  const name = `timeWindowed(${key.name})`;
  if (!(Number.isSafeInteger(sizeMs) && sizeMs > 0)) {
    const problem = `${name} is given windows of ${sizeMs} ms`;
    throw new PeridotError("TOPOLOGY_INVALID", { problem, remedy: "Give a whole number from 1 on" });
  }
  return windowedOf(key, sizeMs);
}

/** The same, whatever the size is. */
export function windowedOf<K>(key: Serde<K>, sizeMs: number): Serde<Windowed<K>> {
  const name = `timeWindowed(${key.name})`;
  return {
    name,
    format: "custom",
    serialize: ({ key: inner, start }) => withTimes(key, inner, start),
    deserialize(bytes) {
      const [start] = timesIn(name, bytes, 1) as [number];
      return new Windowed(innerOf(key, bytes, 1), start, Math.min(start + sizeMs, Number.MAX_SAFE_INTEGER));
    },
  };
}

/** Keys of sessions, as Kafka Streams writes them (SessionWindowedSerializer): the key's bytes, the session's end, its start. */
export function sessionWindowed<K>(key: Serde<K>): Serde<Windowed<K>> {
  const name = `sessionWindowed(${key.name})`;
  return {
    name,
    format: "custom",
    serialize: ({ key: inner, start, end }) => withTimes(key, inner, end, start),
    deserialize(bytes) {
      const [end, start] = timesIn(name, bytes, 2) as [number, number];
      return new Windowed(innerOf(key, bytes, 2), start, end);
    },
  };
}

function withTimes(serde: AnySerde, key: unknown, ...times: readonly number[]): Uint8Array {
  const made = serde.serialize(key);
  const length = typeof made === "string" ? Buffer.byteLength(made) : made.length;
  const bytes = Buffer.allocUnsafe(length + times.length * TIME_BYTES);
  if (typeof made === "string") bytes.write(made);
  else bytes.set(made);
  let at = length;
  for (const time of times) {
    bytes.writeUInt32BE(Math.floor(time / HIGH), at);
    bytes.writeUInt32BE(time % HIGH, at + 4);
    at += TIME_BYTES;
  }
  return bytes;
}

function timesIn(name: string, bytes: Uint8Array, count: number): readonly number[] {
  const at = bytes.length - count * TIME_BYTES;
  if (at < 0) {
    const problem = `${bytes.length} bytes are too few: ${count * TIME_BYTES} stand behind the key`;
    throw new PeridotError("SERDE_REFUSED", { serde: name, problem });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, count * TIME_BYTES);
  return Array.from({ length: count }, (_, index) => Number(view.getBigInt64(index * TIME_BYTES)));
}

function innerOf<K>(serde: Serde<K>, bytes: Uint8Array, count: number): K {
  return serde.deserialize(bytes.subarray(0, bytes.length - count * TIME_BYTES));
}
