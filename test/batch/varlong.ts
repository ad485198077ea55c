/** Varlongs of Kafka's records: zigzag, 7 bits a byte, least significant first, at most 10 bytes. */

/** Its number, and where the next byte stands; undefined: it is too long, or cut off. */
export function readVarlong(bytes: Uint8Array, at: number): { value: bigint; next: number } | undefined {
  let raw = 0n;
  for (let count = 0; count < 10; count++) {
    const byte = bytes[at + count];
    if (byte === undefined) return undefined;
    raw |= BigInt(byte & 127) << BigInt(7 * count);
    if (byte >= 128) continue;
    const value = BigInt.asIntN(64, BigInt.asUintN(64, raw) >> 1n) ^ -(raw & 1n);
    return { value, next: at + count + 1 };
  }
  return undefined;
}

/** Bytes that a bigint takes. */
export function varlongBytes(value: bigint): number {
  let bytes = 1;
  for (let raw = zigzag(value); raw > 127n; raw >>= 7n) bytes++;
  return bytes;
}

/** Writes a bigint. @returns where the next byte goes. */
export function writeVarlong(target: Uint8Array, at: number, value: bigint): number {
  let next = at;
  let raw = zigzag(value);
  for (; raw > 127n; raw >>= 7n) target[next++] = Number(raw & 127n) | 128;
  target[next++] = Number(raw);
  return next;
}

function zigzag(value: bigint): bigint {
  return BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
}
