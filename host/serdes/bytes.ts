import type { Serde } from "../topology/serde.ts";
import { refusal } from "./refusal.ts";

/** Kafka's ByteArray serde: the bytes as they are. What a user function receives is a copy, its own. */
export const bytes: Serde<Uint8Array> = Object.freeze({
  name: "bytes",
  format: "bytes" as const,
  serialize(value: Uint8Array): Uint8Array {
    if (!(value instanceof Uint8Array)) throw refusal("bytes", value);
    return value;
  },
  deserialize: (view: Uint8Array): Uint8Array => Uint8Array.from(view),
});
