import type { AnySerde } from "../../topology/serde.ts";
import { type KeyText, keyBytes, keyText } from "../key-text.ts";

export function bytesOf(serde: AnySerde, value: unknown): Buffer {
  const made = serde.serialize(value);
  if (typeof made === "string") return Buffer.from(made);
  // a serde may use its bytes again
  return Buffer.from(made);
}

export function keyTextOf(serde: AnySerde, key: unknown): KeyText {
  const made = serde.serialize(key);
  return typeof made === "string" ? keyText(Buffer.from(made)) : keyText(made);
}

export function keyOf<K>(serde: AnySerde, text: KeyText): K {
  return serde.deserialize(keyBytes(text)) as K;
}

/** The first text behind all that begin with this one; undefined: there is none. */
export function textBehind(prefix: KeyText): KeyText | undefined {
  for (let length = prefix.length; length > 0; length--) {
    const last = prefix.charCodeAt(length - 1);
    if (last < 0xff) return prefix.slice(0, length - 1) + String.fromCharCode(last + 1);
  }
  return undefined;
}
