import { ERROR_KERNEL_OUTPUT_TOO_LARGE, ERROR_MEMORY_FULL } from "../abi/errors";
import { RUN_OVERFLOW_AT } from "../abi/kernel-output";
import { KERNEL_OUTPUT_BYTES_MAX, PAD_BYTES } from "../abi/limits";
import { allocate, release, roomOf } from "../memory/allocator";
import { copyBytes } from "../serdes/bytes";
import { writeF64 } from "../serdes/f64";
import { writeI32 } from "../serdes/i32";
import { writeI64 } from "../serdes/i64";
import { encodeF64, encodeI64 } from "../serdes/json/number-encode";
import { constantOf, utf8Bytes, utf8Of } from "./constants";
import { burnBytes, setWord } from "./run";
import { Span } from "./span";

/** What a record's key (value) is: the row's own; what was written; null. */
export const PART_OWN: u32 = 0;
export const PART_WRITTEN: u32 = 1;
export const PART_NULL: u32 = 2;

const BUFFER_BYTES_MIN: usize = 4096;
/** A number as text takes less. */
const NUMBER_BYTES_MAX: usize = 64;

/**
 * Writes a key or a value. Each call appends, and the first one after `emit` begins anew. What does not fit into
 * KERNEL_OUTPUT_BYTES_MAX is not written, and the row is refused.
 *
 *     0         4        8       12
 *     +---------+--------+-------+--------+
 *     | __cursor| __from | __end | __is   |     a buffer of its own, which grows; __is: one of PART_*
 *     +---------+--------+-------+--------+
 */
@unmanaged
export class Writer {
  __cursor: u32;
  __from: u32;
  __end: u32;
  __is: u32;

  /** A constant text, as UTF-8. */
  text(text: string): Writer {
    const constant = constantOf(text);
    this.__copy(utf8Of(constant), utf8Bytes(constant));
    return this;
  }

  /** Bytes of the record, as they are. */
  span(bytes: Span): Writer {
    this.__copy(<usize>bytes.__at, <usize>bytes.__bytes);
    return this;
  }

  byte(byte: u8): Writer {
    const at = this.__room(1);
    if (at) {
      store<u8>(at, byte);
      this.__cursor = <u32>(at + 1);
    }
    return this;
  }

  /** An integer in decimal digits. */
  integer(number: i64): Writer {
    const at = this.__room(NUMBER_BYTES_MAX);
    if (at) this.__cursor = <u32>encodeI64(number, at);
    return this;
  }

  /** A number as JavaScript and JSON write it; NaN and the infinities as null. */
  number(number: f64): Writer {
    const at = this.__room(NUMBER_BYTES_MAX);
    if (at) this.__cursor = <u32>encodeF64(number, at);
    return this;
  }

  /** As Kafka's Integer serde writes it: 4 bytes, big endian. */
  i32(number: i32): Writer {
    const at = this.__room(8);
    if (at) {
      writeI32(at, number);
      this.__cursor = <u32>(at + 4);
    }
    return this;
  }

  /** As Kafka's Long serde writes it. */
  i64(number: i64): Writer {
    const at = this.__room(8);
    if (at) {
      writeI64(at, number);
      this.__cursor = <u32>(at + 8);
    }
    return this;
  }

  /** As Kafka's Double serde writes it. */
  f64(number: f64): Writer {
    const at = this.__room(8);
    if (at) {
      writeF64(at, number);
      this.__cursor = <u32>(at + 8);
    }
    return this;
  }

  /** No bytes: what is written so far is gone. */
  empty(): Writer {
    this.__is = PART_WRITTEN;
    this.__cursor = this.__from;
    return this;
  }

  /** Null: what is written so far is gone. */
  setNull(): void {
    this.__is = PART_NULL;
    this.__cursor = this.__from;
  }

  @inline
  __copy(source: usize, bytes: usize): void {
    const at = this.__room(bytes);
    if (!at) return;
    burnBytes(bytes);
    copyBytes(at, source, bytes);
    this.__cursor = <u32>(at + bytes);
  }

  /** Where the next `bytes` bytes go, padding behind them; 0: they do not fit, and the row is given up. */
  @inline
  __room(bytes: usize): usize {
    this.__is = PART_WRITTEN;
    const at = <usize>this.__cursor;
    return at + bytes <= <usize>this.__end ? at : this.__grow(bytes);
  }

  __grow(bytes: usize): usize {
    const used = this.__cursor - this.__from;
    const needed = <usize>used + bytes;
    if (needed > <usize>KERNEL_OUTPUT_BYTES_MAX) {
      setWord(RUN_OVERFLOW_AT, ERROR_KERNEL_OUTPUT_TOO_LARGE);
      return 0;
    }
    const twice = this.__from ? roomOf(this.__from) << 1 : BUFFER_BYTES_MIN;
    const larger = allocate((needed > twice ? needed : twice) + PAD_BYTES);
    if (!larger) {
      setWord(RUN_OVERFLOW_AT, ERROR_MEMORY_FULL);
      return 0;
    }
    if (this.__from) {
      memory.copy(larger, this.__from, used);
      release(this.__from);
    }
    this.__from = <u32>larger;
    this.__cursor = <u32>larger + used;
    this.__end = <u32>(larger + roomOf(larger) - PAD_BYTES);
    return <usize>this.__cursor;
  }
}
