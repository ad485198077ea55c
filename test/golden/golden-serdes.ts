import { i64, json, type Serde, string, Windowed } from "../../host/index.ts";
import { Json, type Plain, plain, str, type Value } from "./golden-values.ts";

/**
 * What a key or value is where a scenario's node gets it. As a source of that type has read it: JSON is not
 * distinguished from a text then. "any": a Value, made by some function.
 */
export type PartType = "string" | "i64" | "json" | "any";

const untyped = json<unknown>();

/** The serdes of sources, and of sinks right behind them: the product's own. */
const OWN: Readonly<Record<string, Serde<never>>> = { string, i64, json: untyped } as never;

/** What a node has got, as functions take it. */
export function lifted(type: PartType, part: unknown): Value {
  return type === "json" && part !== null ? new Json(part) : (part as Value);
}

export function sourceSerde(type: string): Serde<unknown> {
  const serde = OWN[type];
  if (serde === undefined) throw new RangeError(`FORMAT.md has no type "${type}" for sources`);
  return serde as unknown as Serde<unknown>;
}

/** The serde of a sink of some type, for parts that arrive there as `from`. */
export function sinkSerde(type: string, from: PartType): Serde<unknown> {
  if (type === "windowed-string") return selfDescribing as Serde<unknown>;
  return type === "json" && from !== "json" ? (jsonOfValues as Serde<unknown>) : sourceSerde(type);
}

const jsonOfValues: Serde<Value> = {
  name: "json",
  format: "custom",
  serialize: (value) => untyped.serialize(plain(value)),
  deserialize: (bytes) => new Json(untyped.deserialize(bytes)),
};

/** Between nodes: any of the types. A text is its UTF-8, which no 255 begins. */
export function betweenSerde(type: PartType): Serde<unknown> {
  return type === "any" ? (selfDescribing as Serde<unknown>) : sourceSerde(type);
}

/** Of a store: what it holds are Values. */
export function storeSerde(type: string): Serde<Value> {
  if (type === "any") return selfDescribing;
  return (type === "json" ? jsonOfValues : sourceSerde(type)) as Serde<Value>;
}

const MARK = 255;
const MARKS = { i64: 1, json: 2, windowed: 3 } as const;
const WINDOW_BYTES = 16;

const selfDescribing: Serde<Value> = {
  name: "any",
  format: "custom",
  serialize(value) {
    if (typeof value === "string") return value;
    if (typeof value === "bigint") return marked(MARKS.i64, i64.serialize(value));
    if (value instanceof Json) return marked(MARKS.json, untyped.serialize(value.value));
    if (value instanceof Windowed) return marked(MARKS.windowed, windowBytes(value));
    throw new TypeError(`${str(value)} has no bytes`);
  },
  deserialize(bytes) {
    if (bytes[0] !== MARK) return string.deserialize(bytes);
    const rest = bytes.subarray(2);
    switch (bytes[1]) {
      case MARKS.i64:
        return i64.deserialize(rest);
      case MARKS.json:
        return new Json(untyped.deserialize(rest));
      default:
        return windowOf(Buffer.from(rest));
    }
  },
};

function marked(mark: number, part: Uint8Array | string): Buffer {
  return Buffer.concat([Uint8Array.of(MARK, mark), Buffer.from(part as Uint8Array)]);
}

function windowBytes({ key, start, end }: Windowed<Plain>): Buffer {
  const bounds = Buffer.alloc(WINDOW_BYTES);
  bounds.writeBigInt64BE(BigInt(start));
  bounds.writeBigInt64BE(BigInt(end), WINDOW_BYTES / 2);
  return Buffer.concat([bounds, Buffer.from(selfDescribing.serialize(key) as Uint8Array)]);
}

function windowOf(bytes: Buffer): Windowed<Plain> {
  const start = Number(bytes.readBigInt64BE());
  const end = Number(bytes.readBigInt64BE(WINDOW_BYTES / 2));
  return new Windowed(selfDescribing.deserialize(bytes.subarray(WINDOW_BYTES)) as Plain, start, end);
}

/** The bytes of an input's part: of a type, or as they are. */
export function inputBytes(type: string, part: unknown, raw: string | undefined): Buffer | null {
  if (raw !== undefined) return Buffer.from(raw);
  if (part === null || part === undefined) return null;
  const value = type === "i64" ? BigInt(part as number) : part;
  return Buffer.from(sourceSerde(type).serialize(value) as Uint8Array);
}

/** A part of a record that came out, as scenario files write it. "text": whatever its bytes are. */
export function outputPart(type: string, bytes: Uint8Array | null): unknown {
  if (bytes === null) return null;
  if (type === "text") return string.deserialize(bytes);
  if (type === "windowed-string") return plain(selfDescribing.deserialize(bytes));
  const value = sourceSerde(type).deserialize(bytes);
  return typeof value === "bigint" ? Number(value) : value;
}
