import { assert } from "../../../assert.ts";

const CHUNK_BYTES = 1024;
const STRING_BYTES_MAX = 0x7fff;

/**
 * Writes Kafka's primitive types into a list of buffers. What `pass` is given becomes one of them as it is;
 * all else is copied. Numbers out of their type's range raise Node's RangeError.
 */
export class ByteWriter {
  readonly #done: Buffer[] = [];
  #chunk: Buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  /** The part of the chunk that is not in `#done` yet. */
  #from = 0;
  #at = 0;

  /** Everything written, in order. The writer is used no more. */
  finish(): Buffer[] {
    this.#seal();
    return this.#done;
  }

  #seal(): void {
    if (this.#at > this.#from) this.#done.push(this.#chunk.subarray(this.#from, this.#at));
    this.#from = this.#at;
  }

  /** Where the next `length` bytes go. */
  #room(length: number): number {
    if (length > this.#chunk.length - this.#at) {
      this.#seal();
      this.#chunk = Buffer.allocUnsafe(Math.max(length, 2 * this.#chunk.length));
      this.#from = this.#at = 0;
    }
    const at = this.#at;
    this.#at += length;
    return at;
  }

  bool(value: boolean): void {
    this.int8(value ? 1 : 0);
  }

  int8(value: number): void {
    const at = this.#room(1);
    this.#chunk.writeInt8(value, at);
  }

  int16(value: number): void {
    const at = this.#room(2);
    this.#chunk.writeInt16BE(value, at);
  }

  uint16(value: number): void {
    const at = this.#room(2);
    this.#chunk.writeUInt16BE(value, at);
  }

  int32(value: number): void {
    const at = this.#room(4);
    this.#chunk.writeInt32BE(value, at);
  }

  int64(value: bigint): void {
    const at = this.#room(8);
    this.#chunk.writeBigInt64BE(value, at);
  }

  float64(value: number): void {
    const at = this.#room(8);
    this.#chunk.writeDoubleBE(value, at);
  }

  uuid(value: string): void {
    assert(/^[0-9a-f]{32}$/.test(value), `a uuid is 32 lower-case hex digits, not ${value}`);
    const at = this.#room(16);
    this.#chunk.write(value, at, 16, "hex");
  }

  /** Unsigned varint of up to 32 bits. */
  uvarint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#byte((rest & 0x7f) | 0x80);
      rest = Math.floor(rest / 128);
    }
    this.#byte(rest);
  }

  #byte(value: number): void {
    const at = this.#room(1);
    this.#chunk[at] = value;
  }

  /** A length in front of a string, bytes or an array; -1 for null. `short`: int16 in the old format. */
  length(value: number, flexible: boolean, short: boolean): void {
    if (flexible) this.uvarint(value + 1);
    else if (short) this.int16(value);
    else this.int32(value);
  }

  string(value: string, flexible: boolean): void {
    const length = Buffer.byteLength(value, "utf8");
    assert(length <= STRING_BYTES_MAX, `a string of ${length} bytes is longer than the protocol allows`);
    this.length(length, flexible, true);
    const at = this.#room(length);
    this.#chunk.write(value, at, length, "utf8");
  }

  copy(bytes: Buffer): void {
    const at = this.#room(bytes.length);
    bytes.copy(this.#chunk, at);
  }

  /** Hands `bytes` on without a copy. */
  pass(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#seal();
    this.#done.push(bytes);
  }
}
