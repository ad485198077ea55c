import { PeridotError } from "../../errors.ts";
import { type CodedHeader, encodeBatch } from "../batch-codec.ts";
import type { NativeRecord } from "./binding.ts";

const NONE: readonly CodedHeader[] = [];

/**
 * Records of one partition, in order, as one record batch. `exact`: headers by offset, where librdkafka's are not.
 * Errors: RECORD_UNREADABLE.
 */
export function batchOfRecords(
  records: readonly NativeRecord[],
  exact: ReadonlyMap<number, readonly CodedHeader[]> = new Map(),
): Buffer {
  const baseOffset = records[0]!.offset;
  const coded = records.map((record) => {
    const { topic, partition, offset, timestamp, key, value } = record;
    if (!Number.isSafeInteger(timestamp))
      throw new PeridotError("RECORD_UNREADABLE", { topic, partition, offset, timestamp });
    const headers = exact.get(offset) ?? headersOf(record);
    return { offsetDelta: offset - baseOffset, timestamp, key, value, headers };
  });
  return encodeBatch(coded, BigInt(baseOffset));
}

/** In their order, duplicates included. */
function headersOf({ headers }: NativeRecord): readonly CodedHeader[] {
  return headers === undefined ? NONE : headers.map(headerOf);
}

/** An object with one property; under the name "__proto__" the binding sets no property but the prototype. */
function headerOf(header: Readonly<Record<string, Buffer>>): CodedHeader {
  for (const key in header) if (Object.hasOwn(header, key)) return { key, value: header[key]! };
  return { key: "__proto__", value: Object.getPrototypeOf(header) as Buffer };
}
