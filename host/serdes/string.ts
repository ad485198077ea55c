import type { Serde } from "../topology/serde.ts";
import { refusal } from "./refusal.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

const LONE_SURROGATES = /\p{Surrogate}/gu;

/** Kafka's String serde: UTF-8. Bytes that are none read as U+FFFD, and lone surrogates are written as "?", as in Java. */
export const string: Serde<string> = Object.freeze({
  name: "string",
  format: "string" as const,
  serialize(value: string): string {
    if (typeof value !== "string") throw refusal("string", value);
    return value.isWellFormed() ? value : value.replace(LONE_SURROGATES, "?");
  },
  // A Buffer's own decoding is several times as fast on short texts
  deserialize: (bytes: Uint8Array): string =>
    bytes instanceof Buffer ? bytes.toString("utf8") : decoder.decode(bytes),
});
