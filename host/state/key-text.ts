/**
 * A key's bytes as a text, one character each: what tables in memory are keyed by. Two texts compare as their bytes do.
 */
export type KeyText = string;

export function keyText(bytes: Uint8Array): KeyText {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.toString("latin1");
}

export function keyBytes(text: KeyText): Buffer {
  return Buffer.from(text, "latin1");
}
