/** A record as processors see it (Kafka Streams' `Record`, KIP-478). It never changes: `with…` makes another one. */
export interface StreamRecord<K = unknown, V = unknown> {
  readonly key: K;
  readonly value: V;
  /** Event time, in milliseconds since the epoch. */
  readonly timestamp: number;
  readonly headers: readonly RecordHeader[];
  withKey<K2>(key: K2): StreamRecord<K2, V>;
  withValue<V2>(value: V2): StreamRecord<K, V2>;
  withTimestamp(timestamp: number): StreamRecord<K, V>;
  withHeaders(headers: readonly RecordHeader[]): StreamRecord<K, V>;
}

/** A header of a record: names may come several times. */
export interface RecordHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** What a processor forwards: a record that it was given, or one of its own. */
export interface NewRecord<K = unknown, V = unknown> {
  readonly key: K;
  readonly value: V;
  readonly timestamp: number;
  /** Default: none. */
  readonly headers?: readonly RecordHeader[];
}

/**
 * Does something with each record, and may remember things in stores. One is made for each task, and anew after each
 * rollback: what is to outlast that belongs in a store.
 */
export interface Processor<KIn = unknown, VIn = unknown, KOut = unknown, VOut = unknown> {
  /** Before the first record. */
  init?(context: ProcessorContext<KOut, VOut>): void;
  process(record: StreamRecord<KIn, VIn>): void;
  /** When the task closes, or is rolled back. Nothing may be forwarded any more. */
  close?(): void;
}

/** Makes a new processor at each call. */
export type ProcessorSupplier<KIn = unknown, VIn = unknown, KOut = unknown, VOut = unknown> = () => Processor<
  KIn,
  VIn,
  KOut,
  VOut
>;

/** "stream-time": the largest event time of the task so far; "wall-clock": that of the machine. */
export type PunctuationType = "stream-time" | "wall-clock";

/** @param timestamp the time that has come, in milliseconds since the epoch: not the one that was due. */
export type Punctuator = (timestamp: number) => void;

/** What `schedule` gives: it can be called off. */
export interface Cancellable {
  cancel(): void;
}

/** Where a record was read; of what a punctuator makes there is none. */
export interface RecordMetadata {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** What a processor may use of its task. */
export interface ProcessorContext<KOut = unknown, VOut = unknown> {
  /**
   * Hands a record to the nodes below, one after the other, and returns when all is done that comes of it.
   *
   * @param child only to the node with this name.
   * @throws TOPOLOGY_INVALID if no child has this name
   */
  forward(record: NewRecord<KOut, VOut>, child?: string): void;
  /**
   * A store that the processor was connected to.
   *
   * @throws TOPOLOGY_INVALID if it was not
   */
  store<S>(name: string): S;
  /**
   * Calls `punctuator` each `intervalMs` of the given time. On stream time: on the grid of multiples of the interval,
   * for the first time with the first record; on the wall clock: for the first time one interval from now. Times that were
   * missed are made up for by one call (KIP-138).
   *
   * @param startTime the grid's beginning, in milliseconds since the epoch (KIP-1146).
   */
  schedule(
    intervalMs: number,
    type: PunctuationType,
    punctuator: Punctuator,
    startTime?: number,
  ): Cancellable;
  /** Largest event time of the task so far, that of the present record included; -1: none. */
  currentStreamTime(): number;
  /** In milliseconds since the epoch. */
  currentSystemTime(): number;
  /** undefined: no record is being processed. */
  readonly recordMetadata: RecordMetadata | undefined;
  /** Such as "0_3": sub-topology and partition. */
  readonly taskId: string;
  readonly applicationId: string;
  /** Counts a record as dropped, such as one without key; nothing else happens. */
  drop(): void;
}
