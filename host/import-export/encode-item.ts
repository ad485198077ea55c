import { RECORD_BYTES_DEFAULT } from "../../kernels/abi/limits.ts";
import { unreachable } from "../assert.ts";
import { writeHeaders } from "../batch/headers.ts";
import type { RecordHeader } from "../batch/record-header.ts";
import type { Clock } from "../clock.ts";
import { asPeridotError } from "../commit/commit.ts";
import { NOTE_BYTES_MAX } from "../commit/transaction-tag.ts";
import { PeridotError } from "../errors.ts";
import { askHandler } from "../task/ask-handler.ts";
import { refusalBy } from "../task/call-loop.ts";
import { asError } from "../task/chunk.ts";
import type { TopicLimits } from "../task/topic-limits.ts";
import type { ErrorAction, ErrorSettings, FailureStage } from "../topology/error-settings.ts";
import type { Import, ImportedRecord } from "../topology/imported.ts";
import { Err } from "../topology/result.ts";
import type { AnySerde } from "../topology/serde.ts";

/** A record's parts as they go into a record batch. What a source may write anew is copied. */
export interface EncodedRecord {
  readonly key: Uint8Array | string | null;
  readonly value: Uint8Array | string | null;
  /** Milliseconds since the epoch. */
  readonly timestamp: bigint;
  /** As a record holds them. */
  readonly headers: Uint8Array;
  /** At most so many bytes in a batch. */
  readonly bytes: number;
}

/** What becomes of an item, once it is committed. */
export interface EncodedItem {
  /** undefined: nothing goes into the import's topic. */
  readonly record: EncodedRecord | undefined;
  /** For the dead letter topic. */
  readonly letter: EncodedRecord | undefined;
  /** Where the source is to begin behind it, as JSON; "": it gave no position. */
  readonly position: string;
  /** What the application stops with instead, once all before it is committed. */
  readonly failure: PeridotError | undefined;
}

export interface ItemEncoderSettings {
  readonly imported: Import;
  readonly topic: string;
  readonly errors: ErrorSettings;
  /** What brokers refuse in the import's topic and the dead letter topic, where it is known. */
  readonly limitsOf: ReadonlyMap<string, TopicLimits>;
  readonly clock: Clock;
}

/** Lengths, attributes, deltas and the number of headers, in bytes at most. */
const RECORD_LEAD_BYTES_MAX = 40;

/** Turns a source's items into records, and asks the error settings about those that it cannot turn. */
export class ItemEncoder {
  readonly #settings: ItemEncoderSettings;

  constructor(settings: ItemEncoderSettings) {
    this.#settings = settings;
  }

  /** @param number of the item since the import's first one, for error texts. */
  encode(item: unknown, number: bigint): EncodedItem {
    let stage: FailureStage = "processing";
    let position = "";
    try {
      const record = this.#recordOf(item);
      if (record === undefined) return passedOver("");
      position = this.#positionOf(record, number);
      stage = "production";
      return { record: this.#encode(record), letter: undefined, position, failure: undefined };
    } catch (thrown) {
      if (thrown instanceof PeridotError && thrown.code === "IMPORT_POSITION_INVALID")
        return { ...passedOver(""), failure: thrown };
      return this.#bad({ stage, error: asError(thrown, "an import"), item, number, position });
    }
  }

  #recordOf(item: unknown): ImportedRecord<unknown, unknown> | undefined {
    const { record } = this.#settings.imported;
    const made = record === undefined ? item : record(item as never);
    if (made === undefined && record !== undefined) return undefined;
    if (made instanceof Err) throw refusalBy(this.#settings.imported, made);
    if (typeof made !== "object" || made === null || !("value" in made)) {
      const remedy = record === undefined ? "Give the import a function `record` that makes one of it" : "";
      throw new PeridotError("IMPORT_ITEM_INVALID", {
        problem: `${describe(made)} instead of a record, { key, value, … }`,
        remedy: remedy || "Let `record` return one, or undefined to pass the item over",
      });
    }
    return made as ImportedRecord<unknown, unknown>;
  }

  #positionOf({ position }: ImportedRecord<unknown, unknown>, number: bigint): string {
    if (position === undefined) return "";
    if (Number.isSafeInteger(position)) return `${position}`; // as JSON has it, sooner
    let text: string | undefined;
    try {
      text = JSON.stringify(position);
    } catch (error) {
      throw this.#refused(number, `cannot be written as JSON: ${asError(error, "an import").message}`, error);
    }
    if (text === undefined) throw this.#refused(number, `is ${describe(position)}, which JSON cannot hold`);
    const bytes = Buffer.byteLength(text);
    if (bytes > NOTE_BYTES_MAX) throw this.#refused(number, `has ${bytes} bytes`);
    return text;
  }

  #refused(number: bigint, problem: string, cause?: unknown): PeridotError {
    const { name } = this.#settings.imported;
    return new PeridotError(
      "IMPORT_POSITION_INVALID",
      { name, number, problem, bytesMax: NOTE_BYTES_MAX },
      cause,
    );
  }

  #encode(record: ImportedRecord<unknown, unknown>): EncodedRecord {
    const { imported, topic, limitsOf, clock } = this.#settings;
    const parts = {
      key: serialized(imported.key, record.key),
      value: serialized(imported.value, record.value),
      timestamp: timestampOf(record.timestamp ?? clock.now()),
      headers: writeHeaders((record.headers ?? []).map(asHeader)),
    };
    return encodeRecord(parts, limitsOf.get(topic));
  }

  #bad(bad: BadItem): EncodedItem {
    const option = bad.stage === "processing" ? "onProcessingError" : "onProductionError";
    let action: ErrorAction;
    try {
      action = this.#choose(bad, option);
    } catch (error) {
      // a handler of the user's threw, or has answered no action
      return { ...passedOver(""), failure: asPeridotError(asError(error, option)) };
    }
    switch (action) {
      case "continue":
        return passedOver(bad.position);
      case "deadLetter":
        try {
          return { ...passedOver(bad.position), letter: this.#letter(bad) };
        } catch (error) {
          return { ...passedOver(""), failure: asPeridotError(error) }; // its topic would refuse the letter too
        }
      case "fail":
        return { ...passedOver(""), failure: this.#failure(bad, option) };
      default:
        return unreachable(action);
    }
  }

  #choose({ stage, error }: BadItem, option: "onProcessingError" | "onProductionError"): ErrorAction {
    const { imported, topic, errors, clock } = this.#settings;
    return askHandler(errors, option, errors[option], () => ({
      stage,
      node: imported.name,
      topic,
      partition: -1, // it lies in no log yet
      offset: -1n,
      timestamp: clock.now(),
      key: null,
      value: null,
      error,
    }));
  }

  #failure({ stage, error, number }: BadItem, option: string): PeridotError {
    const { name } = this.#settings.imported;
    return new PeridotError(
      "IMPORT_ITEM_FAILED",
      { name, number, stage, option, problem: error.message },
      error,
    );
  }

  /** The item as far as it can be written, and why it is here, under KIP-1034's names. */
  #letter({ item, error, number }: BadItem): EncodedRecord {
    const { imported, topic, errors, limitsOf, clock } = this.#settings;
    const limits = limitsOf.get(errors.deadLetterTopic ?? "");
    const headers: readonly (readonly [string, string])[] = [
      [
        "__streams.errors.exception",
        error instanceof PeridotError ? `${error.name}: ${error.code}` : error.name,
      ],
      ["__streams.errors.message", error.message],
      ["__streams.errors.stacktrace", error.stack ?? ""],
      ["__streams.errors.topic", topic],
      ["peridot.import.name", imported.name],
      ["peridot.import.item", String(number)],
    ];
    const parts = {
      key: null,
      timestamp: BigInt(clock.now()),
      headers: writeHeaders(headers.map(([key, value]) => asHeader({ key, value }))),
    };
    try {
      return encodeRecord({ ...parts, value: asLetter(item) }, limits);
    } catch {
      return encodeRecord({ ...parts, value: null }, limits); // too large, or nothing that can be written
    }
  }
}

interface BadItem {
  readonly stage: FailureStage;
  readonly error: Error;
  readonly item: unknown;
  readonly number: bigint;
  readonly position: string;
}

function passedOver(position: string): EncodedItem {
  return { record: undefined, letter: undefined, position, failure: undefined };
}

function encodeRecord(parts: Omit<EncodedRecord, "bytes">, limits: TopicLimits | undefined): EncodedRecord {
  const bytesMax = limits?.recordBytesMax ?? RECORD_BYTES_DEFAULT;
  if (limits?.keysRequired && parts.key === null) {
    throw new PeridotError("IMPORT_ITEM_INVALID", {
      problem: "a record without key, and the topic is compacted",
      remedy: "Give it a key, or write to a topic whose cleanup.policy is delete",
    });
  }
  const bytes = RECORD_LEAD_BYTES_MAX + bytesOf(parts.key) + bytesOf(parts.value) + parts.headers.length;
  if (bytes <= bytesMax) return { ...parts, bytes };
  throw new PeridotError("IMPORT_ITEM_INVALID", {
    problem: `${bytes} bytes in one record`,
    remedy: `Make it at most ${bytesMax} bytes`,
  });
}

function serialized(serde: AnySerde, value: unknown): Uint8Array | string | null {
  if (value === undefined || value === null) return null;
  const bytes: Uint8Array | string = serde.serialize(value);
  return typeof bytes === "string" ? bytes : Uint8Array.from(bytes);
}

function timestampOf(timestamp: unknown): bigint {
  if (Number.isSafeInteger(timestamp) && (timestamp as number) >= 0) return BigInt(timestamp as number);
  throw new PeridotError("IMPORT_ITEM_INVALID", {
    problem: `the timestamp ${String(timestamp)}`,
    remedy: "Give milliseconds since the epoch, a whole number",
  });
}

function asHeader(header: {
  readonly key: string;
  readonly value: Uint8Array | string | null;
}): RecordHeader {
  const { key, value } = header;
  if (typeof key === "string")
    return { key, value: value === null ? null : Buffer.from(value as Uint8Array) };
  throw new PeridotError("IMPORT_ITEM_INVALID", {
    problem: `a header whose key is ${describe(key)}`,
    remedy: "Name it by a text",
  });
}

function asLetter(item: unknown): Uint8Array | string | null {
  if (item instanceof Uint8Array) return Uint8Array.from(item);
  return typeof item === "string" ? item : (JSON.stringify(item) ?? null);
}

function bytesOf(part: Uint8Array | string | null): number {
  if (part === null) return 0;
  return typeof part === "string" ? Buffer.byteLength(part) : part.length;
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
