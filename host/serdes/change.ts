import { PeridotError } from "../errors.ts";
import { Change } from "../topology/change.ts";
import type { AnySerde, Serde } from "../topology/serde.ts";

const OLD_ONLY = 0;
const NEW_ONLY = 1;
const BOTH = 2;
/** Written by some versions of Kafka Streams, with a byte before it: whether the change is the latest. */
const OLD_FLAGGED = 3;
const NEW_FLAGGED = 4;
const BOTH_FLAGGED = 5;

/**
 * The serde of changes in repartition topics, as Kafka Streams writes them (ChangedSerializer): the new value or the old
 * one and a byte that tells which; of both, the new value's length before them, as a varint (zigzag).
 */
export function changeOf(value: AnySerde): Serde<Change> {
  const read = (bytes: Uint8Array) => value.deserialize(bytes) as unknown;
  return {
    name: `change(${value.name})`,
    format: "custom",
    serialize({ newValue, oldValue }) {
      const newBytes = newValue === null ? undefined : Buffer.from(value.serialize(newValue) as Uint8Array);
      const oldBytes = oldValue === null ? undefined : Buffer.from(value.serialize(oldValue) as Uint8Array);
      if (newBytes !== undefined && oldBytes !== undefined)
        return Buffer.concat([varint(newBytes.length), newBytes, oldBytes, Uint8Array.of(BOTH)]);
      if (newBytes !== undefined) return Buffer.concat([newBytes, Uint8Array.of(NEW_ONLY)]);
      if (oldBytes !== undefined) return Buffer.concat([oldBytes, Uint8Array.of(OLD_ONLY)]);
      throw unreadable("there is neither a new value nor an old one");
    },
    deserialize(bytes) {
      const form = bytes.at(-1);
      const isFlagged = form !== undefined && form >= OLD_FLAGGED;
      const isLatest = !isFlagged || bytes.at(-2) !== 0;
      const rest = bytes.subarray(0, bytes.length - (isFlagged ? 2 : 1));
      switch (form) {
        case OLD_ONLY:
        case OLD_FLAGGED:
          return new Change<unknown>(null, read(rest), isLatest);
        case NEW_ONLY:
        case NEW_FLAGGED:
          return new Change<unknown>(read(rest), null, isLatest);
        case BOTH:
        case BOTH_FLAGGED: {
          const { length, at } = readVarint(rest);
          return new Change<unknown>(
            read(rest.subarray(at, at + length)),
            read(rest.subarray(at + length)),
            isLatest,
          );
        }
        default:
          throw unreadable(`it ends with the byte ${form}, which stands for no form of a change`);
      }
    },
  };
}

const SEVEN_BITS = 0x7f;
const MORE = 0x80;
const VARINT_BYTES_MAX = 5;

/** Of a number from 0 on: zigzag doubles it. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = 2 * value;
  for (; rest > SEVEN_BITS; rest = Math.floor(rest / MORE)) bytes.push((rest & SEVEN_BITS) | MORE);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function readVarint(bytes: Uint8Array): { readonly length: number; readonly at: number } {
  let doubled = 0;
  for (let at = 0; at < Math.min(bytes.length, VARINT_BYTES_MAX); at++) {
    doubled += (bytes[at]! & SEVEN_BITS) * MORE ** at;
    if (bytes[at]! >= MORE) continue;
    const length = doubled / 2;
    if (!Number.isInteger(length) || length > bytes.length - at - 1) break;
    return { length, at: at + 1 };
  }
  throw unreadable("the length of its new value makes no sense");
}

function unreadable(problem: string): PeridotError {
  return new PeridotError("SERDE_REFUSED", { serde: "change", problem });
}
