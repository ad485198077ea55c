import { readFileSync } from "node:fs";

/** A case of test/golden/bytes/record-batches.json, made by Kafka's own Java code. */
export interface GoldenBatches {
  readonly name: string;
  readonly batches: readonly GoldenBatch[];
  readonly incompleteBytes?: number;
  readonly hex: string;
}

export interface GoldenBatch {
  readonly sizeInBytes: number;
  readonly baseOffset: string;
  readonly lastOffset: string;
  readonly compression: "none" | "gzip" | "snappy" | "lz4" | "zstd";
  readonly transactional: boolean;
  readonly control: boolean;
  readonly crc: number;
  readonly producerId: string;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly baseTimestamp: string;
  readonly count: number;
  readonly records?: readonly GoldenRecord[];
  readonly recordsFrom?: string;
}

export interface GoldenRecord {
  readonly offset: string;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly { readonly key: string; readonly value: string | null }[];
}

const file = new URL("../../golden/bytes/record-batches.json", import.meta.url);

export const goldenBatches: readonly GoldenBatches[] = JSON.parse(readFileSync(file, "utf8")).cases;

export function golden(name: string): GoldenBatches {
  const found = goldenBatches.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no golden case ${name}`);
  return found;
}

export function bytesOf(name: string): Buffer {
  return Buffer.from(golden(name).hex, "hex");
}

/** The records of one uncompressed batch, in the fixture's form. Plain and slow: a second opinion. */
export function readRecords(batch: Buffer): GoldenRecord[] {
  const baseOffset = batch.readBigInt64BE(0);
  const records: GoldenRecord[] = [];
  let at = 61;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = batch[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return (value >> 1n) ^ -(value & 1n);
    }
  };
  const bytes = () => {
    const length = Number(varint());
    return length < 0 ? null : batch.toString("hex", at, (at += length));
  };
  for (let left = batch.readInt32BE(57); left > 0; left--) {
    varint();
    at++;
    varint();
    const offset = String(baseOffset + varint());
    const [key, value] = [bytes(), bytes()];
    const headers: { key: string; value: string | null }[] = [];
    for (let count = varint(); count > 0n; count--)
      headers.push({ key: Buffer.from(bytes()!, "hex").toString(), value: bytes() });
    records.push({ offset, key, value, headers });
  }
  return records;
}
