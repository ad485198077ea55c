import { readHeaders, writeHeaders } from "../../batch/headers.ts";
import { NO_HEADERS } from "../../batch/record-header.ts";
import type { NewRecord, RecordHeader, StreamRecord } from "../../topology/processor.ts";

/** A record on its way through a graph. Its headers are read when somebody asks. */
export class FlowRecord<K = unknown, V = unknown> implements StreamRecord<K, V> {
  readonly key: K;
  readonly value: V;
  readonly timestamp: number;
  /** As a record holds them; of a source's row a view of memory that is used again. */
  readonly rawHeaders: Uint8Array;
  #headers: readonly RecordHeader[] | undefined;

  constructor(key: K, value: V, timestamp: number, rawHeaders: Uint8Array) {
    this.key = key;
    this.value = value;
    this.timestamp = timestamp;
    this.rawHeaders = rawHeaders;
  }

  static of<K, V>(record: NewRecord<K, V>): FlowRecord<K, V> {
    if (record instanceof FlowRecord) return record;
    const { key, value, timestamp, headers = [] } = record;
    return new FlowRecord(key, value, timestamp, rawOf(headers));
  }

  get headers(): readonly RecordHeader[] {
    if (this.rawHeaders === NO_HEADERS) return NONE;
    const { buffer, byteOffset, length } = this.rawHeaders;
    this.#headers ??= readHeaders(Buffer.from(buffer, byteOffset, length));
    return this.#headers;
  }

  withKey<K2>(key: K2): FlowRecord<K2, V> {
    return new FlowRecord(key, this.value, this.timestamp, this.rawHeaders);
  }

  withValue<V2>(value: V2): FlowRecord<K, V2> {
    return new FlowRecord(this.key, value, this.timestamp, this.rawHeaders);
  }

  withTimestamp(timestamp: number): FlowRecord<K, V> {
    return new FlowRecord(this.key, this.value, timestamp, this.rawHeaders);
  }

  withHeaders(headers: readonly RecordHeader[]): FlowRecord<K, V> {
    return new FlowRecord(this.key, this.value, this.timestamp, rawOf(headers));
  }
}

const NONE: readonly RecordHeader[] = [];

function rawOf(headers: readonly RecordHeader[]): Uint8Array {
  return writeHeaders(
    headers.map(({ key, value }) => ({ key, value: value === null ? null : Buffer.from(value) })),
  );
}
