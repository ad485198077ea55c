import { assert } from "../assert.ts";
import { VarintReader, varintBytes, writeVarint } from "../transport/varint.ts";
import { NO_HEADERS, type RecordHeader } from "./record-header.ts";

/**
 * The headers of a record as it holds them (their number, then keys and values with their lengths), which a kernel
 * has checked. Copies. Keys that are not UTF-8 get U+FFFD, as in Kafka.
 */
export function readHeaders(raw: Buffer): RecordHeader[] {
  const reader = new VarintReader(raw, 0, raw.length);
  const headers: RecordHeader[] = [];
  for (let left = reader.number(); left > 0; left--) {
    const keyLength = reader.number();
    const key = raw.toString("utf8", reader.at, reader.at + keyLength);
    reader.at += keyLength;
    const valueLength = reader.number();
    const value = valueLength < 0 ? null : Buffer.from(raw.subarray(reader.at, reader.at + valueLength));
    if (value !== null) reader.at += valueLength;
    headers.push({ key, value });
  }
  assert(reader.at === raw.length, "headers fill their bytes");
  return headers;
}

/** The same bytes from headers. */
export function writeHeaders(headers: readonly RecordHeader[]): Uint8Array {
  if (headers.length === 0) return NO_HEADERS;
  const keys = headers.map(({ key }) => Buffer.from(key));
  let bytes = varintBytes(headers.length);
  headers.forEach(({ value }, index) => {
    const keyLength = keys[index]!.length;
    bytes += varintBytes(keyLength) + keyLength + varintBytes(value?.length ?? -1) + (value?.length ?? 0);
  });
  const target = Buffer.allocUnsafe(bytes);
  let at = writeVarint(target, 0, headers.length);
  headers.forEach(({ value }, index) => {
    const key = keys[index]!;
    at = writeVarint(target, at, key.length);
    at += key.copy(target, at);
    at = writeVarint(target, at, value?.length ?? -1);
    if (value !== null) at += value.copy(target, at);
  });
  assert(at === bytes, "headers fill their bytes");
  return target;
}
