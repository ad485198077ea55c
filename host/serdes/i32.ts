import type { Serde } from "../topology/serde.ts";
import { roomOfWidth, viewOfWidth } from "./fixed-width.ts";
import { refusal } from "./refusal.ts";

const WIDTH = 4;

/** Kafka's Integer serde: 4 bytes, big endian. */
export const i32: Serde<number> = Object.freeze({
  name: "i32",
  format: "i32" as const,
  serialize(value: number): Uint8Array {
    if (!Number.isInteger(value) || value !== (value | 0)) throw refusal("i32", value);
    const { bytes, view } = roomOfWidth(WIDTH);
    view.setInt32(0, value);
    return bytes;
  },
  deserialize: (bytes: Uint8Array): number => viewOfWidth("i32", bytes, WIDTH).getInt32(0),
});
