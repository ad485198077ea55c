/** Where a buffered record came from, and its own time and headers. */
export interface BufferedOrigin {
  readonly timestamp: number;
  readonly offset: bigint;
  readonly topic: string;
  readonly partition: number;
  readonly headers: readonly { readonly key: string; readonly value: Uint8Array | null }[];
}

/** Bytes of a row that waits: before it came into the buffer, before its last change, and now. */
export interface BufferedValue {
  readonly origin: BufferedOrigin;
  readonly prior: Uint8Array | null;
  readonly old: Uint8Array | null;
  readonly now: Uint8Array | null;
}

const LENGTH_BYTES = 4;
const NULL_LENGTH = -1;
/** In place of a length: the old value is the prior one. */
const SAME_AS_PRIOR = -2;

/** As Kafka Streams writes them (BufferValue, ProcessorRecordContext). @param padding bytes of room behind */
export function writeBuffered({ origin, prior, old, now }: BufferedValue, padding: number): Buffer {
  const head = Buffer.allocUnsafe(16);
  head.writeBigInt64BE(BigInt(origin.timestamp));
  head.writeBigInt64BE(origin.offset, 8);
  const headers = origin.headers.flatMap(({ key, value }) => [sized(Buffer.from(key)), sized(value)]);
  const isSame = old !== null && prior !== null && Buffer.compare(old, prior) === 0;
  return Buffer.concat([
    head,
    sized(Buffer.from(origin.topic)),
    int(origin.partition),
    int(origin.headers.length),
    ...headers,
    sized(prior),
    isSame ? int(SAME_AS_PRIOR) : sized(old),
    sized(now),
    Buffer.alloc(padding),
  ]);
}

export function readBuffered(bytes: Uint8Array): BufferedValue {
  const reader = new Reader(bytes);
  const [timestamp, offset] = [Number(reader.long()), reader.long()];
  const topic = Buffer.from(reader.sized()!).toString();
  const partition = reader.int();
  const headers = Array.from({ length: Math.max(0, reader.int()) }, () => ({
    key: Buffer.from(reader.sized()!).toString(),
    value: reader.sized(),
  }));
  const prior = reader.sized();
  const length = reader.int();
  const old = length === SAME_AS_PRIOR ? prior : reader.taken(length);
  return { origin: { timestamp, offset, topic, partition, headers }, prior, old, now: reader.sized() };
}

function int(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(LENGTH_BYTES);
  bytes.writeInt32BE(value);
  return bytes;
}

function sized(bytes: Uint8Array | null): Buffer {
  return bytes === null ? int(NULL_LENGTH) : Buffer.concat([int(bytes.length), bytes]);
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  long(): bigint {
    this.#at += 8;
    return this.#view.getBigInt64(this.#at - 8);
  }

  int(): number {
    this.#at += LENGTH_BYTES;
    return this.#view.getInt32(this.#at - LENGTH_BYTES);
  }

  sized(): Uint8Array | null {
    return this.taken(this.int());
  }

  taken(length: number): Uint8Array | null {
    if (length === NULL_LENGTH) return null;
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
