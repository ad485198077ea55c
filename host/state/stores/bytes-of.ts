import type { AnySerde } from "../../topology/serde.ts";
import { type KeyText, keyBytes, keyText } from "../key-text.ts";

/** Bytes that may be kept: those of a serde of the user's are copied, since it may use them again. */
export function bytesOf(serde: AnySerde, value: unknown): Uint8Array {
  const made = serde.serialize(value);
  if (typeof made === "string") return Buffer.from(made);
  return serde.format === "custom" ? Buffer.from(made) : made;
}

/** Such a text has one byte a character. */
const ASCII = /^[\0-\x7f]*$/;

export function keyTextOf(serde: AnySerde, key: unknown): KeyText {
  const made = serde.serialize(key);
  if (typeof made !== "string") return keyText(made);
  return ASCII.test(made) ? made : keyText(Buffer.from(made));
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
