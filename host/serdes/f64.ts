import type { Serde } from "../topology/serde.ts";
import { roomOfWidth, viewOfWidth } from "./fixed-width.ts";
import { refusal } from "./refusal.ts";

const WIDTH = 8;
/** Java writes every NaN as this one; JavaScript leaves open which it is. */
const NAN_BITS = 0x7ff8000000000000n;

/** Kafka's Double serde: 8 bytes, IEEE 754, big endian. */
export const f64: Serde<number> = Object.freeze({
  name: "f64",
  format: "f64" as const,
  serialize(value: number): Uint8Array {
    if (typeof value !== "number") throw refusal("f64", value);
    const { bytes, view } = roomOfWidth(WIDTH);
    view.setFloat64(0, value);
    if (Number.isNaN(value)) view.setBigUint64(0, NAN_BITS);
    return bytes;
  },
  deserialize: (bytes: Uint8Array): number => viewOfWidth("f64", bytes, WIDTH).getFloat64(0),
});
