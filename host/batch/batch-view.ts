import { ByteBuffer } from "flatbuffers";
import { assert } from "../assert.ts";
import { Batch } from "./generated/batch.ts";
import { readHeaders } from "./headers.ts";
import { NO_HEADERS, type RecordHeader } from "./record-header.ts";

/** Where the keys (or values) of a batch stand in its bytes, by row; a length of -1: null. */
export interface PartPlaces {
  readonly at: Uint32Array;
  readonly lengths: Int32Array;
}

/** Why a kernel refused a row. */
export interface RowError {
  /** Of kernels/abi/errors.ts. */
  readonly code: number;
  /** Where the error was found; of a record that is too large: its bytes. */
  readonly at: number;
}

/**
 * A Batch (kernels/abi/record-batch.fbs) read in place. Made once per batch, since a change of the batch or growth
 * of linear memory ends it. Byte views that it gives are views of that memory: copy what is to be kept.
 */
export class BatchView {
  readonly rows: number;
  /** Rows with an error code. */
  readonly errors: number;
  readonly #batch: Batch;
  readonly #bytes: Buffer;
  readonly #keysAt: Uint32Array;
  readonly #keyLengths: Int32Array;
  readonly #valuesAt: Uint32Array;
  readonly #valueLengths: Int32Array;
  #timestamps: BigInt64Array | undefined;
  #stampWords: Int32Array | undefined;
  #headersAt: Uint32Array | undefined;
  #headersLengths: Int32Array | undefined;

  /** `memory` holds a Batch from `byteOffset` on, which is divisible by 8. */
  constructor(memory: Uint8Array, byteOffset: number) {
    const buffer = new ByteBuffer(memory);
    buffer.setPosition(byteOffset);
    assert(Batch.bufferHasIdentifier(buffer), "a Batch has its identifier");
    this.#batch = Batch.getRootAsBatch(buffer);
    this.rows = this.#batch.rows();
    this.errors = this.#batch.errors();
    const bytes = present(this.#batch.bytesArray());
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#keysAt = present(this.#batch.keyAtArray());
    this.#keyLengths = present(this.#batch.keyLengthArray());
    this.#valuesAt = present(this.#batch.valueAtArray());
    this.#valueLengths = present(this.#batch.valueLengthArray());
  }

  /** A view of the key's bytes, or null. */
  key(row: number): Buffer | null {
    return this.#part(this.#keysAt[row]!, this.#keyLengths[row]!);
  }

  /** A view of the value's bytes, or null. */
  value(row: number): Buffer | null {
    return this.#part(this.#valuesAt[row]!, this.#valueLengths[row]!);
  }

  /** The places of keys or values as they are now, copied. */
  placesOf(part: "key" | "value"): PartPlaces {
    return part === "key"
      ? { at: this.#keysAt.slice(), lengths: this.#keyLengths.slice() }
      : { at: this.#valuesAt.slice(), lengths: this.#valueLengths.slice() };
  }

  /** A view of what stands, or stood, at a row's place, or null. */
  partAt({ at, lengths }: PartPlaces, row: number): Buffer | null {
    return this.#part(at[row]!, lengths[row]!);
  }

  /** The key as text; bytes that are not UTF-8 become U+FFFD. */
  keyText(row: number): string | null {
    return this.#text(this.#keysAt[row]!, this.#keyLengths[row]!);
  }

  valueText(row: number): string | null {
    return this.#text(this.#valuesAt[row]!, this.#valueLengths[row]!);
  }

  /** The headers, copied. */
  headers(row: number): RecordHeader[] {
    const raw = this.rawHeaders(row);
    return raw === NO_HEADERS ? [] : readHeaders(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength));
  }

  /** A view of the headers as a record holds them: for a BatchBuilder, unread. */
  rawHeaders(row: number): Uint8Array {
    this.#headersLengths ??= present(this.#batch.headersLengthArray());
    if (this.#headersLengths[row] === 1) return NO_HEADERS; // no view for what has room for a 0 only
    this.#headersAt ??= present(this.#batch.headersAtArray());
    const raw = this.#part(this.#headersAt[row]!, this.#headersLengths[row]!);
    assert(raw !== null, "a sound row has headers, if only their number, 0");
    return raw;
  }

  /** Milliseconds since the epoch; -1: the record has none. */
  timestamp(row: number): number {
    return Number(this.#stamps()[row]!);
  }

  /** The same, exact beyond 2^53. */
  timestampBigint(row: number): bigint {
    return this.#stamps()[row]!;
  }

  /** The column itself, in place: a timestamp extractor writes here, and what is appended afterwards carries it. */
  get timestamps(): BigInt64Array {
    return this.#stamps();
  }

  /** Bytes of the key; -1: null. */
  keyLength(row: number): number {
    return this.#keyLengths[row]!;
  }

  /** Bytes of the value; -1: null. */
  valueLength(row: number): number {
    return this.#valueLengths[row]!;
  }

  /** Copies a row's key to `target`. @returns bytes; -1: null. The target has room for `keyLength`. */
  copyKey(row: number, target: Buffer, at: number): number {
    const length = this.#keyLengths[row]!;
    if (length > 0) copyShort(this.#bytes, this.#keysAt[row]!, length, target, at);
    return length;
  }

  /** The timestamps as pairs of words, the lower one first: to copy them without making a bigint of each. */
  get timestampWords(): Int32Array {
    const { buffer, byteOffset, length } = this.#stamps();
    this.#stampWords ??= new Int32Array(buffer, byteOffset, 2 * length);
    return this.#stampWords;
  }

  offset(row: number): bigint {
    return BigInt.asIntN(64, this.#batch.baseOffset() + BigInt(this.#batch.offsetDelta(row)!)); // as a long wraps
  }

  /** The row's place in its task's input. */
  position(row: number): bigint {
    return this.#batch.position() + BigInt(this.#batch.positionDelta(row)!);
  }

  /** A code of kernels/abi/errors.ts, or 0. */
  errorCode(row: number): number {
    return this.#batch.errorCode(row)!;
  }

  /** Where the error was found, in bytes: in the value for codes from 300 on, in `bytes` below. */
  errorAt(row: number): number {
    return this.#batch.errorAt(row)!;
  }

  /** The row's error, which it has no longer: a kernel call that follows may give it another. undefined: it has none. */
  takeError(row: number): RowError | undefined {
    const codes = present(this.#batch.errorCodeArray());
    const code = codes[row]!;
    if (code === 0) return undefined;
    codes[row] = 0;
    return { code, at: this.errorAt(row) };
  }

  #stamps(): BigInt64Array {
    if (this.#timestamps === undefined) {
      // flatc makes no typed array for [long]; the vector lies where the accessor would read it
      const at = this.#batch.bb_pos + this.#batch.bb!.__offset(this.#batch.bb_pos, 16);
      const memory = this.#batch.bb!.bytes();
      this.#timestamps = new BigInt64Array(
        memory.buffer,
        memory.byteOffset + this.#batch.bb!.__vector(at),
        this.rows,
      );
    }
    return this.#timestamps;
  }

  #part(at: number, length: number): Buffer | null {
    return length < 0 ? null : this.#bytes.subarray(at, at + length);
  }

  #text(at: number, length: number): string | null {
    return length < 0 ? null : this.#bytes.toString("utf8", at, at + length);
  }
}

/** Below this, a loop is faster than the call that copies. */
const SHORT_BYTES = 32;

function copyShort(source: Buffer, from: number, length: number, target: Buffer, at: number): void {
  if (length > SHORT_BYTES) source.copy(target, at, from, from + length);
  else for (let index = 0; index < length; index++) target[at + index] = source[from + index]!;
}

function present<Column>(column: Column | null): Column {
  assert(column !== null, "a Batch has all its columns");
  return column;
}
