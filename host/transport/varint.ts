/** Varints of Kafka's records: zigzag, 7 bits a byte, least significant first. A varlong is one of 64 bits. */

/** Reads them one after the other. */
export class VarintReader {
  readonly bytes: Buffer;
  /** Where the next one is read, in bytes; set to -1 once a varint was too long or cut off. */
  at: number;
  readonly #end: number;

  constructor(bytes: Buffer, from: number, end: number) {
    this.bytes = bytes;
    this.at = from;
    this.#end = end;
  }

  /** Bytes that are left. */
  get left(): number {
    return this.at < 0 ? -1 : this.#end - this.at;
  }

  /** A varint of 32 bits, at most 5 bytes, of which bits beyond the 32nd are dropped, as Kafka does. */
  number(): number {
    let raw = 0;
    for (let count = 0; count < 5; count++) {
      const byte = this.#byte();
      raw |= (byte & 127) << (7 * count);
      if (byte < 128) return (raw >>> 1) ^ -(raw & 1);
    }
    this.at = -1;
    return 0;
  }

  /** A varlong; beyond 2^53, the double next to it. */
  long(): number {
    let low = 0; // the first 4 bytes
    let high = 0;
    for (let count = 0; count < 10; count++) {
      const byte = this.#byte();
      if (count < 4) low |= (byte & 127) << (7 * count);
      else high += (byte & 127) * 128 ** (count - 4);
      if (byte < 128) {
        const half = high * 2 ** 27 + (low >>> 1);
        return low & 1 ? -half - 1 : half;
      }
    }
    this.at = -1;
    return 0;
  }

  #byte(): number {
    if (this.at < 0 || this.at >= this.#end) {
      this.at = -1;
      return 0;
    }
    return this.bytes[this.at++]!;
  }
}

/** Bytes that a number takes as a varint. */
export function varintBytes(value: number): number {
  let bytes = 1;
  for (let raw = ((value << 1) ^ (value >> 31)) >>> 0; raw > 127; raw >>>= 7) bytes++;
  return bytes;
}

/** Writes a varint of 32 bits. @returns where the next byte goes. */
export function writeVarint(target: Uint8Array, at: number, value: number): number {
  let next = at;
  let raw = ((value << 1) ^ (value >> 31)) >>> 0;
  for (; raw > 127; raw >>>= 7) target[next++] = (raw & 127) | 128;
  target[next++] = raw;
  return next;
}

/** A varlong of more bits than this is written by way of a bigint. */
const SHORT_MAX = 0x3fff_ffff;

/** Bytes that a whole number, which a double holds exactly, takes as a varlong. */
export function varlongBytes(value: number): number {
  if (value >= -SHORT_MAX && value <= SHORT_MAX) return varintBytes(value);
  let bytes = 1;
  for (let raw = zigzag(value); raw > 127n; raw >>= 7n) bytes++;
  return bytes;
}

/** Writes a varlong. @returns where the next byte goes. */
export function writeVarlong(target: Uint8Array, at: number, value: number): number {
  if (value >= -SHORT_MAX && value <= SHORT_MAX) return writeVarint(target, at, value);
  let next = at;
  let raw = zigzag(value);
  for (; raw > 127n; raw >>= 7n) target[next++] = Number(raw & 127n) | 128;
  target[next++] = Number(raw);
  return next;
}

function zigzag(value: number): bigint {
  return value >= 0 ? BigInt(value) * 2n : BigInt(value) * -2n - 1n;
}
