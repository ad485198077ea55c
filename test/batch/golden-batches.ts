import { readFileSync } from "node:fs";

/** test/golden/bytes/record-batches.json: record batches as Kafka's own code writes and reads them. */
export interface GoldenRecord {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly { readonly key: string; readonly value: string | null }[];
}

export interface GoldenBatch {
  readonly sizeInBytes: number;
  readonly baseOffset: string;
  readonly lastOffset: string;
  readonly partitionLeaderEpoch: number;
  readonly crc: number;
  readonly attributes: number;
  readonly compression: string;
  readonly timestampType: string;
  readonly transactional: boolean;
  readonly control: boolean;
  readonly baseTimestamp: string;
  readonly maxTimestamp: string;
  readonly producerId: string;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly count: number;
  readonly deleteHorizonMs?: string;
  readonly records: readonly GoldenRecord[];
}

export interface GoldenCase {
  readonly name: string;
  readonly bytes: Buffer;
  readonly batches: readonly GoldenBatch[];
  readonly incompleteBytes: number;
}

interface StoredCase {
  name: string;
  hex: string;
  incompleteBytes?: number;
  batches: (Omit<GoldenBatch, "records"> & { records?: GoldenRecord[]; recordsFrom?: string })[];
}

const stored = JSON.parse(
  readFileSync(new URL("../golden/bytes/record-batches.json", import.meta.url), "utf8"),
) as { cases: StoredCase[] };
const recordsByName = new Map(stored.cases.map(({ name, batches }) => [name, batches[0]?.records]));

/** The cases without compression. */
export const goldenCases: readonly GoldenCase[] = stored.cases
  .filter(({ batches }) => batches.every(({ compression }) => compression === "none"))
  .map(({ name, hex, incompleteBytes = 0, batches }) => ({
    name,
    bytes: Buffer.from(hex, "hex"),
    incompleteBytes,
    batches: batches.map((batch) => ({
      ...batch,
      records: (batch.records ?? recordsByName.get(batch.recordsFrom ?? "") ?? []).map(
        ({ offset, timestamp, key, value, headers }) => ({ offset, timestamp, key, value, headers }),
      ),
    })),
  }));

export function hexOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString("hex");
}

export function bytesOf(hex: string | null): Buffer | null {
  return hex === null ? null : Buffer.from(hex, "hex");
}
