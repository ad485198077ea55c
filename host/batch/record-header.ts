/** A header of a record, as Kafka has it. */
export interface RecordHeader {
  readonly key: string;
  readonly value: Buffer | null;
}

/** No headers, as a record holds them: their number, a varint. */
export const NO_HEADERS: Uint8Array = Uint8Array.of(0);
