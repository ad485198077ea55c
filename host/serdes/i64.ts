import type { Serde } from "../topology/serde.ts";
import { viewOfWidth } from "./fixed-width.ts";
import { refusal } from "./refusal.ts";

const WIDTH = 8;

/** Kafka's Long serde: 8 bytes, big endian; a bigint here, so that nothing is rounded. */
export const i64: Serde<bigint> = Object.freeze({
  name: "i64",
  format: "i64" as const,
  serialize(value: bigint): Uint8Array {
    if (typeof value !== "bigint" || BigInt.asIntN(64, value) !== value) throw refusal("i64", value);
    const bytes = Buffer.allocUnsafe(WIDTH);
    bytes.writeBigInt64BE(value);
    return bytes;
  },
  deserialize: (bytes: Uint8Array): bigint =>
    bytes instanceof Buffer && bytes.length === WIDTH
      ? bytes.readBigInt64BE()
      : viewOfWidth("i64", bytes, WIDTH).getBigInt64(0),
});
