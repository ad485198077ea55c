import { PeridotError } from "../../errors.ts";
import type { AnySerde } from "../../topology/serde.ts";
import type { StoreSpec } from "../../topology/store-spec.ts";
import { type KeyText, keyBytes, keyText } from "../key-text.ts";

/** Bytes that may be kept: those of a serde of the user's are copied, since it may use them again. */
export function bytesOf(serde: AnySerde, value: unknown): Uint8Array {
  const made = serde.serialize(value);
  if (typeof made === "string") return Buffer.from(made);
  return serde.format === "custom" ? Buffer.from(made) : made;
}

/** Such a text has one byte a character. */
const ASCII = /^[\0-\x7f]*$/;

/** @throws PeridotError `SERDE_REFUSED`: there is no key. */
export function keyTextOf({ key: serde, name }: StoreSpec, key: unknown): KeyText {
  if (key === null || key === undefined) {
    const problem = `${key} is no key of a store: a record without key has no entry`;
    throw new PeridotError("SERDE_REFUSED", { serde: name, problem });
  }
  const made = serde.serialize(key);
  if (typeof made !== "string") return keyText(made);
  return ASCII.test(made) ? made : keyText(Buffer.from(made));
}

/**
 * @param timestamp of what is put into a store, in milliseconds since the epoch.
 * @throws PeridotError `SERDE_REFUSED`: it is no whole number from 0 on.
 */
export function checkTimestamp({ name }: StoreSpec, timestamp: number): void {
  if (Number.isSafeInteger(timestamp) && timestamp >= 0) return;
  const problem = `it is given a value with the timestamp ${timestamp}: give whole milliseconds since the epoch`;
  throw new PeridotError("SERDE_REFUSED", { serde: name, problem });
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
