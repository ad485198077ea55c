import type { KeyText } from "../key-text.ts";

/** Bytes of a time in keys: a big-endian integer of 64 bits, so that texts lie in the order of their times. */
export const TIME_BYTES = 8;

const HIGH = 2 ** 32;

/** @param time from 0 on. */
export function timeText(time: number): KeyText {
  return numberText(Math.floor(time / HIGH)) + numberText(time % HIGH);
}

/** The same as bytes. */
export function timeBytes(time: number): Buffer {
  const bytes = Buffer.allocUnsafe(TIME_BYTES);
  bytes.writeUInt32BE(Math.floor(time / HIGH), 0);
  bytes.writeUInt32BE(time % HIGH, 4);
  return bytes;
}

/** 4 bytes, big-endian. */
export function numberText(value: number): KeyText {
  return String.fromCharCode(
    (value >>> 24) & 0xff,
    (value >>> 16) & 0xff,
    (value >>> 8) & 0xff,
    value & 0xff,
  );
}

/** The time whose bytes begin at `at`. */
export function timeAt(text: KeyText, at: number): number {
  return numberAt(text, at) * HIGH + numberAt(text, at + 4);
}

function numberAt(text: KeyText, at: number): number {
  return (
    text.charCodeAt(at) * 0x1000000 +
    ((text.charCodeAt(at + 1) << 16) | (text.charCodeAt(at + 2) << 8) | text.charCodeAt(at + 3))
  );
}
