import type { Serde } from "../topology/serde.ts";
import { refusal } from "./refusal.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Kafka's String serde: UTF-8. Bytes that are none read as U+FFFD, as in Java. */
export const string: Serde<string> = Object.freeze({
  name: "string",
  format: "string" as const,
  serialize(value: string): Uint8Array {
    if (typeof value !== "string") throw refusal("string", value);
    return encoder.encode(value);
  },
  deserialize: (bytes: Uint8Array): string => decoder.decode(bytes),
});
