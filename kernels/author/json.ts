import { RUN, setWord, stop, word, burnBytes } from "./run";
import { RUN_BRACKETS_AT, RUN_DEPTH_AT, RUN_VALUE_WRITER_AT, TRAP_JSON } from "../abi/kernel-output";
import { KERNEL_JSON_DEPTH_MAX } from "../abi/limits";
import { copy16 } from "../memory/copy";
import { encodeF64, encodeI64 } from "../serdes/json/number-encode";
import { stopsInAscii } from "../serdes/json/scan";
import { encodeString } from "../serdes/json/string-encode";
import { constantOf, memberBytes, memberOf, utf8Bytes, utf8Of } from "./constants";
import { Span } from "./span";
import { Writer } from "./writer";

/** Room for a comma, brackets, a number, `false` ... */
const SMALL: usize = 64;

/**
 * Writes the record's value as JSON: members by name in an object, elements with `add` in an array, one after the
 * other. `end` closes the innermost; what is still open is closed by `emit`.
 */
@unmanaged
export class Json {
  @inline
  text(name: string, text: Span): Json {
    const bytes = <usize>text.__bytes;
    const at = beginMember(name, 6 * bytes + SMALL);
    if (at) finish(writeText(<usize>text.__at, bytes, at));
    return this;
  }

  constant(name: string, text: string): Json {
    const constant = constantOf(text);
    const bytes = utf8Bytes(constant);
    const at = beginMember(name, 6 * bytes + SMALL);
    if (at) finish(writeText(utf8Of(constant), bytes, at));
    return this;
  }

  /** NaN and the infinities are written as null. */
  @inline
  f64(name: string, number: f64): Json {
    const at = beginMember(name, SMALL);
    if (at) finish(encodeF64(number, at));
    return this;
  }

  @inline
  i64(name: string, number: i64): Json {
    const at = beginMember(name, SMALL);
    if (at) finish(encodeI64(number, at));
    return this;
  }

  bool(name: string, value: bool): Json {
    finish(beginMember(name, SMALL));
    writeBool(value);
    return this;
  }

  /** Bytes that are JSON already: `row.raw`, or a whole value; null where there are none. */
  raw(name: string, json: Span): Json {
    finish(beginMember(name, SMALL));
    writeRaw(json);
    return this;
  }

  setNull(name: string): Json {
    finish(beginMember(name, SMALL));
    writeNull();
    return this;
  }

  object(name: string): Json {
    finish(beginMember(name, SMALL));
    openBracket(0x7b);
    return this;
  }

  array(name: string): Json {
    finish(beginMember(name, SMALL));
    openBracket(0x5b);
    return this;
  }

  addText(text: Span): Json {
    element();
    const bytes = <usize>text.__bytes;
    const at = value().__room(6 * bytes + SMALL);
    if (at) finish(writeText(<usize>text.__at, bytes, at));
    return this;
  }

  addConstant(text: string): Json {
    element();
    const constant = constantOf(text);
    const bytes = utf8Bytes(constant);
    const at = value().__room(6 * bytes + SMALL);
    if (at) finish(writeText(utf8Of(constant), bytes, at));
    return this;
  }

  addF64(number: f64): Json {
    element();
    const at = value().__room(SMALL);
    if (at) finish(encodeF64(number, at));
    return this;
  }

  addI64(number: i64): Json {
    element();
    const at = value().__room(SMALL);
    if (at) finish(encodeI64(number, at));
    return this;
  }

  addBool(value: bool): Json {
    element();
    writeBool(value);
    return this;
  }

  addRaw(json: Span): Json {
    element();
    writeRaw(json);
    return this;
  }

  addNull(): Json {
    element();
    writeNull();
    return this;
  }

  addObject(): Json {
    element();
    openBracket(0x7b);
    return this;
  }

  addArray(): Json {
    element();
    openBracket(0x5b);
    return this;
  }

  end(): Json {
    if (!word(RUN_DEPTH_AT)) stop(TRAP_JSON, 0);
    closeBracket();
    return this;
  }
}

/** Begins a value: an object, or an array. */
@inline
export function beginJson(bracket: u8): void {
  const writer = value();
  writer.empty();
  setWord(RUN_DEPTH_AT, 1);
  store<u64>(RUN, u64(bracket == 0x5b), RUN_BRACKETS_AT);
  writer.byte(bracket);
}

/** Closes what is open. */
@inline
export function endJson(): void {
  while (word(RUN_DEPTH_AT)) closeBracket();
}

@inline
function value(): Writer {
  return changetype<Writer>(RUN + RUN_VALUE_WRITER_AT);
}

@inline
function isArray(): bool {
  return (load<u64>(RUN, RUN_BRACKETS_AT) & 1) != 0;
}

/** The stack of brackets is a u64, the innermost in bit 0: 1 is an array. */
function openBracket(bracket: u8): void {
  const depth = word(RUN_DEPTH_AT);
  if (depth == <u32>KERNEL_JSON_DEPTH_MAX) stop(TRAP_JSON, 0);
  setWord(RUN_DEPTH_AT, depth + 1);
  store<u64>(RUN, (load<u64>(RUN, RUN_BRACKETS_AT) << 1) | u64(bracket == 0x5b), RUN_BRACKETS_AT);
  value().byte(bracket);
}

function closeBracket(): void {
  const bracket: u8 = isArray() ? 0x5d : 0x7d;
  setWord(RUN_DEPTH_AT, word(RUN_DEPTH_AT) - 1);
  store<u64>(RUN, load<u64>(RUN, RUN_BRACKETS_AT) >> 1, RUN_BRACKETS_AT);
  value().byte(bracket);
}

/**
 * Writes `,"name":`, without its comma where it is the first.
 *
 * @param bytes for which there is to be room behind it. @returns where they go; 0: they do not fit.
 */
@inline
function beginMember(name: string, bytes: usize): usize {
  if (!word(RUN_DEPTH_AT) || isArray()) stop(TRAP_JSON, changetype<usize>(name));
  const constant = constantOf(name);
  const nameBytes = memberBytes(constant);
  const at = value().__room(nameBytes + bytes);
  if (!at) return 0;
  const comma = <usize>(load<u8>(at - 1) != 0x7b);
  copy16(at, memberOf(constant) + 1 - comma, nameBytes);
  return at + nameBytes - 1 + comma;
}

/** The value goes on at this address; 0: as it was. */
@inline
function finish(at: usize): void {
  if (at) value().__cursor = <u32>at;
}

@inline
function element(): void {
  if (!word(RUN_DEPTH_AT) || !isArray()) stop(TRAP_JSON, 0);
  const writer = value();
  const at = writer.__room(1);
  if (at && load<u8>(at - 1) != 0x5b) writer.byte(0x2c);
}

/** A text with its quotes. Most are short and have nothing to escape: they are copied as they are scanned. */
@inline
function writeText(text: usize, bytes: usize, at: usize): usize {
  store<u8>(at, 0x22);
  if (bytes <= 16) {
    const content = v128.load(text);
    v128.store(at, content, 1);
    if (!(stopsInAscii(content) & ((<u32>1 << <u32>bytes) - 1))) {
      at += bytes + 1;
      store<u8>(at, 0x22);
      return at + 1;
    }
  }
  return writeLongText(text, bytes, at);
}

function writeLongText(text: usize, bytes: usize, at: usize): usize {
  burnBytes(bytes);
  const end = encodeString(text, bytes, at + 1);
  store<u8>(end, 0x22);
  return end + 1;
}

function writeBool(is: bool): void {
  value().text(is ? "true" : "false");
}

function writeRaw(json: Span): void {
  if (json.__bytes) value().span(json);
  else writeNull();
}

function writeNull(): void {
  value().text("null");
}
