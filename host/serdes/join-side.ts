import type { AnySerde, Serde } from "../topology/serde.ts";
import { refusal } from "./refusal.ts";

/** A record that has found no other yet: of which side, and when. */
export interface SideKey {
  readonly timestamp: number;
  readonly isLeft: boolean;
  readonly key: unknown;
}

/** A value of one of two streams. */
export interface SideValue {
  readonly isLeft: boolean;
  readonly value: unknown;
}

const HEAD_BYTES = 9;
const LENGTH_BYTES = 4;

function bytesOf(serde: AnySerde, value: unknown): Buffer {
  return Buffer.from(serde.serialize(value) as Uint8Array);
}

/** As Kafka Streams writes them (TimestampedKeyAndJoinSideSerializer): the time, the side, the key. */
export function sideKeyOf(key: AnySerde): Serde<SideKey> {
  const name = `sideKey(${key.name})`;
  return {
    name,
    format: "custom",
    serialize({ timestamp, isLeft, key: inner }) {
      const head = Buffer.allocUnsafe(HEAD_BYTES);
      head.writeBigInt64BE(BigInt(timestamp));
      head[HEAD_BYTES - 1] = isLeft ? 1 : 0;
      return Buffer.concat([head, bytesOf(key, inner)]);
    },
    deserialize(bytes) {
      if (bytes.length < HEAD_BYTES) throw refusal(name, bytes);
      const view = new DataView(bytes.buffer, bytes.byteOffset, HEAD_BYTES);
      const isLeft = bytes[HEAD_BYTES - 1] === 1;
      return {
        timestamp: Number(view.getBigInt64(0)),
        isLeft,
        key: key.deserialize(bytes.subarray(HEAD_BYTES)) as unknown,
      };
    },
  };
}

/**
 * As Kafka Streams writes them: a list (ListSerializer: a byte for its kind, how many there are, each with its length), and in
 * it each value behind a byte for its side (LeftOrRightValueSerializer).
 */
export function sideValuesOf(left: AnySerde, right: AnySerde): Serde<readonly SideValue[]> {
  const name = `sideValues(${left.name}, ${right.name})`;
  return {
    name,
    format: "custom",
    serialize(values) {
      const count = Buffer.from([1, 0, 0, 0, 0]);
      count.writeInt32BE(values.length, 1);
      const parts = values.flatMap(({ isLeft, value }) => {
        const bytes = bytesOf(isLeft ? left : right, value);
        const head = Buffer.allocUnsafe(LENGTH_BYTES + 1);
        head.writeInt32BE(bytes.length + 1);
        head[LENGTH_BYTES] = isLeft ? 1 : 0;
        return [head, bytes];
      });
      return Buffer.concat([count, ...parts]);
    },
    deserialize(bytes) {
      if (bytes.length < 1 + LENGTH_BYTES || bytes[0] !== 1) throw refusal(name, bytes);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const values: SideValue[] = [];
      for (let at = 1 + LENGTH_BYTES; at < bytes.length; ) {
        const length = view.getInt32(at);
        const isLeft = bytes[at + LENGTH_BYTES] === 1;
        const inner = bytes.subarray(at + LENGTH_BYTES + 1, at + LENGTH_BYTES + length);
        values.push({ isLeft, value: (isLeft ? left : right).deserialize(inner) as unknown });
        at += LENGTH_BYTES + length;
      }
      return values;
    },
  };
}
