import { PeridotError } from "../../../errors.ts";

/**
 * Reads Kafka's primitive types from a buffer, each within its bounds. Byte fields are views of that buffer.
 * Errors: MESSAGE_MALFORMED, whatever the bytes are.
 */
export class ByteReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  readonly #message: string;
  #at: number;

  /** `message` names what is read, for errors. */
  constructor(bytes: Buffer, byteOffset: number, message: string) {
    this.#bytes = bytes;
    this.#at = byteOffset;
    this.#end = bytes.length;
    this.#message = message;
  }

  get byteOffset(): number {
    return this.#at;
  }

  get bytesLeft(): number {
    return this.#end - this.#at;
  }

  malformed(problem: string): PeridotError {
    return new PeridotError("MESSAGE_MALFORMED", { message: this.#message, byteOffset: this.#at, problem });
  }

  /** Where the next `length` bytes begin, which are thereby read. */
  #take(length: number): number {
    const at = this.#at;
    if (length > this.#end - at) throw this.malformed(`${length} bytes expected, ${this.#end - at} left`);
    this.#at = at + length;
    return at;
  }

  bool(): boolean {
    return this.#bytes.readInt8(this.#take(1)) !== 0;
  }

  int8(): number {
    return this.#bytes.readInt8(this.#take(1));
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#take(2));
  }

  uint16(): number {
    return this.#bytes.readUInt16BE(this.#take(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }

  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.#take(8));
  }

  float64(): number {
    return this.#bytes.readDoubleBE(this.#take(8));
  }

  uuid(): string {
    const at = this.#take(16);
    return this.#bytes.toString("hex", at, at + 16);
  }

  /** Unsigned varint of at most 5 bytes and 32 bits, as Kafka writes lengths and tags. */
  uvarint(): number {
    let value = 0;
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.#bytes[this.#take(1)]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (value > 0xffff_ffff) break;
        return value;
      }
    }
    throw this.malformed("a variable-length number does not end");
  }

  /** A length in front of a string, bytes or an array; -1 for null. `short`: int16 in the old format. */
  length(flexible: boolean, short: boolean): number {
    const length = flexible ? this.uvarint() - 1 : short ? this.int16() : this.int32();
    if (length < -1) throw this.malformed(`length ${length}`);
    if (length > this.bytesLeft) throw this.malformed(`length ${length} with ${this.bytesLeft} bytes left`);
    return length;
  }

  string(length: number): string {
    const at = this.#take(length);
    return this.#bytes.toString("utf8", at, at + length);
  }

  bytes(length: number): Buffer {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  skip(length: number): void {
    this.#take(length);
  }
}
