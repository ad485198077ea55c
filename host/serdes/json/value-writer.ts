import type { WriteValue } from "../../topology/serde.ts";
import { encodeValue } from "./encode-value.ts";

/** A writer for objects of one list of keys. */
interface ShapeWriter {
  readonly keys: readonly string[];
  readonly write: (value: object, target: Buffer, view: DataView, at: number, end: number) => number;
}

/** More kinds of object than these are left to encodeValue. */
const SHAPES_MAX = 4;
const KEYS_MAX = 64;
/** After so many objects that fit no shape all are learned anew. */
const MISSES_MAX = 256;
/** Code is generated at most so often: keys that come from records would else never come to an end. */
const LEARNED_MAX = 32;

/**
 * Makes a writer for the values that one user function returns: the bytes of encodeValue, at less than half its cost,
 * since such values have the same keys in the same order nearly always. It learns them from the first object and
 * generates a function that checks them and writes the names as words. Texts are looked through as they are copied.
 *
 * What is not plain goes to encodeValue: other prototypes, toJSON, functions, symbols; values inside an object that
 * are objects themselves go to JSON.stringify. A getter may be called twice. Not seen is a Number, String or Boolean
 * object that was given Object.prototype and the very keys of a shape.
 */
export function newValueWriter(): WriteValue {
  let shapes: ShapeWriter[] = [];
  let learned = 0;
  let misses = 0;
  let bound: Buffer | undefined;
  let view: DataView = new DataView(new ArrayBuffer(0));

  function learn(value: object): ShapeWriter | undefined {
    if (shapes.length === SHAPES_MAX) {
      if (++misses < MISSES_MAX) return undefined;
      misses = 0;
      shapes = [];
    }
    if (learned === LEARNED_MAX) return undefined;
    const keys = Object.keys(value);
    const known = shapes.some((shape) => sameKeys(shape.keys, keys));
    if (known || keys.length === 0 || keys.length > KEYS_MAX) return undefined;
    learned++;
    const shape = shapeWriter(keys);
    shapes.push(shape);
    return shape;
  }

  return (value, target, at) => {
    if (typeof value !== "object" || value === null) return 0;
    if (target !== bound) {
      bound = target;
      view = new DataView(target.buffer, target.byteOffset, target.length);
    }
    for (const shape of shapes) {
      const end = shape.write(value, target, view, at, target.length);
      if (end !== 0) return end;
    }
    return learn(value)?.write(value, target, view, at, target.length) ?? 0;
  };
}

function sameKeys(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((key, index) => key === right[index]);
}

/** Bytes that a name's last word may write too many, and the two braces. */
const SLACK_BYTES = 8;

function shapeWriter(keys: readonly string[]): ShapeWriter {
  const names = keys.map((key) => Buffer.from(`,${JSON.stringify(key)}:`));
  const namesBytes = names.reduce((sum, name) => sum + name.length, SLACK_BYTES);
  // each member begins with a comma, since any may be left out; the first comma becomes the brace
  const source = `"use strict";
return function write(value, target, view, at, length) {
  if (value.toJSON !== undefined || Object.getPrototypeOf(value) !== Object.prototype || Array.isArray(value)) return 0;
  let index = 0;
  for (const key in value) if (key !== keys[index++]) return 0;
  if (index !== ${keys.length}) return 0;
  const end = length - ${namesBytes}; // what stands behind it is for the names
  if (at > end) return -${namesBytes};
  const start = at;
  let member;
${keys.map((key, index) => memberSource(key, names[index]!)).join("\n")}
  if (at === start) at++;
  target[start] = 0x7b;
  target[at++] = 0x7d;
  return at;
};`;
  // Only keys as JSON strings, and their bytes as numbers, go into the code.
  const make = new Function("keys", "writeText", "writeOther", source);
  return { keys, write: make(keys, writeText, writeOther) as ShapeWriter["write"] };
}

function memberSource(key: string, name: Buffer): string {
  const words = Buffer.alloc((name.length + 3) & ~3);
  name.copy(words);
  const stores: string[] = [];
  for (let at = 0; at < words.length; at += 4) {
    stores.push(`view.setUint32(at + ${at}, ${words.readUInt32LE(at)}, true);`);
  }
  return `  member = value[${JSON.stringify(key)}];
  if (member !== undefined) {
    ${stores.join(" ")}
    at += ${name.length};
    at = typeof member === "string" ? writeText(member, target, at, end) : writeOther(member, target, at, end);
    if (at <= 0) return at;
  }`;
}

const QUOTE = 0x22;
const ZERO = 0x30;
/** By character: 1 if JSON.stringify writes it as it is, and UTF-8 as one byte. */
const PLAIN = Uint8Array.from({ length: 128 }, (_, unit) =>
  unit >= 0x20 && unit !== QUOTE && unit !== 0x5c ? 1 : 0,
);

function writeText(text: string, target: Buffer, start: number, end: number): number {
  const { length } = text;
  let at = start;
  if (at + length + 2 > end) return -(length + 2);
  target[at++] = QUOTE;
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 127 || PLAIN[unit] === 0) return writeJson(JSON.stringify(text), target, start, end);
    target[at++] = unit;
  }
  target[at++] = QUOTE;
  return at;
}

function writeOther(value: unknown, target: Buffer, at: number, end: number): number {
  switch (typeof value) {
    case "number":
      if ((value | 0) === value && value >= 0) return writeInteger(value, target, at, end);
      return writeAscii(Number.isFinite(value) ? String(value) : "null", target, at, end);
    case "bigint":
      return "toJSON" in BigInt.prototype ? 0 : writeAscii(String(value), target, at, end);
    case "boolean":
      return writeAscii(value ? "true" : "false", target, at, end);
    case "object":
      if (value === null) return writeAscii("null", target, at, end);
      // its toJSON would be told another name
      return "toJSON" in value ? 0 : writeJson(encodeValue(value), target, at, end);
    default:
      return 0;
  }
}

/** `value`: 0 to 2^31 - 1. */
function writeInteger(value: number, target: Buffer, at: number, end: number): number {
  let bytes = 1;
  for (let rest = (value / 10) | 0; rest > 0; rest = (rest / 10) | 0) bytes++;
  if (at + bytes > end) return -bytes;
  let rest = value;
  for (let digitAt = at + bytes - 1; digitAt >= at; digitAt--) {
    const tenth = (rest / 10) | 0;
    target[digitAt] = ZERO + rest - 10 * tenth;
    rest = tenth;
  }
  return at + bytes;
}

function writeAscii(text: string, target: Buffer, start: number, end: number): number {
  let at = start;
  if (at + text.length > end) return -text.length;
  for (let index = 0; index < text.length; index++) target[at++] = text.charCodeAt(index);
  return at;
}

function writeJson(json: string | undefined, target: Buffer, at: number, end: number): number {
  if (json === undefined) return 0;
  if (at + 3 * json.length > end) return -3 * json.length;
  return at + target.write(json, at);
}
