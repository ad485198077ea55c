import type { Serde } from "../topology/serde.ts";
import { roomOfWidth, viewOfWidth } from "./fixed-width.ts";
import { refusal } from "./refusal.ts";

const WIDTH = 8;

/** Kafka's Double serde: 8 bytes, IEEE 754, big endian. */
export const f64: Serde<number> = Object.freeze({
  name: "f64",
  format: "f64" as const,
  serialize(value: number): Uint8Array {
    if (typeof value !== "number") throw refusal("f64", value);
    const { bytes, view } = roomOfWidth(WIDTH);
    view.setFloat64(0, value);
    return bytes;
  },
  deserialize: (bytes: Uint8Array): number => viewOfWidth("f64", bytes, WIDTH).getFloat64(0),
});
