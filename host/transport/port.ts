import type { Clock } from "../clock.ts";

/**
 * The port between Peridot and a Kafka log. Implementations: `kafka/` (our own client over TCP), `memory/` (the
 * same client over in-process connections to an embedded broker), `librdkafka/`. test/conformance/ tests each
 * guarantee below against each of them.
 *
 * Bytes stay record batches (v2) from fetch to produce. Offsets are bigint, timestamps milliseconds since the
 * epoch. Every failure is a PeridotError, whose `kind` says what follows.
 */
export interface Transport {
  readonly admin: Admin;
  consumer(settings: ConsumerSettings): Consumer;
  producer(settings: ProducerSettings): Producer;
  member(settings: MemberSettings): GroupMember;
  /** Closes all connections; what is still in flight fails. */
  close(): Promise<void>;
}

/** Makes a transport; each stream thread has one of its own, and so has the main thread. */
export type TransportFactory = (client: { readonly clientId: string; readonly clock: Clock }) => Transport;

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

// ---- admin

export interface TopicDescription {
  readonly topic: string;
  /** 16 bytes as 32 lower-case hex digits; all zeros where the broker is too old to have topic ids. */
  readonly topicId: string;
  readonly partitions: number;
}

export interface NewTopic {
  readonly topic: string;
  readonly partitions: number;
  /** -1: the cluster's default. */
  readonly replicationFactor: number;
  readonly configs: Readonly<Record<string, string>>;
}

export interface Admin {
  /** The topics that exist among those asked for; one that does not exist is absent from the answer. */
  describeTopics(topics: readonly string[]): Promise<Map<string, TopicDescription>>;
  /** The names of all topics that exist and that we may see. */
  listTopics(): Promise<readonly string[]>;
  /** A topic that exists already is left as it is. Resolves once every topic is visible in the metadata. */
  createTopics(topics: readonly NewTopic[]): Promise<void>;
  deleteTopics(topics: readonly string[]): Promise<void>;
  topicConfigs(topic: string): Promise<Map<string, string>>;
  listOffsets(
    partitions: readonly TopicPartition[],
    at: "earliest" | "latest" | "latestCommitted",
  ): Promise<readonly (TopicPartition & { readonly offset: bigint })[]>;
  /** Records below `before` may be deleted (DeleteRecords). */
  deleteRecords(partitions: readonly (TopicPartition & { readonly before: bigint })[]): Promise<void>;
}

// ---- consumer

export interface ConsumerSettings {
  readonly isolation: "read_committed" | "read_uncommitted";
  /** Where to start when there is no valid offset. "none" raises OFFSET_OUT_OF_RANGE instead. */
  readonly offsetReset: "earliest" | "latest" | "none";
  /** Largest answer to one fetch, in bytes, and largest share of one partition in it. */
  readonly fetchBytesMax?: number;
  readonly partitionBytesMax?: number;
  /** No further fetch is sent while more than this lies fetched and not yet released, in bytes. */
  readonly bufferedBytesMax?: number;
  /**
   * Once after each assignment, empty records tell of a partition that has nothing behind its position: `nextOffset`,
   * `fromOffset` and `endOffset` are the same. Default: it is not told of.
   */
  readonly tellsEnds?: boolean;
}

export interface AssignedPartition extends TopicPartition {
  /** First offset to read; undefined: as `offsetReset` says. */
  readonly offset?: bigint | undefined;
}

export interface Consumer {
  /**
   * Sets the whole assignment. Each partition starts at its given offset; a partition that was assigned before
   * and comes without `offset` goes on where it was. What was fetched for others is dropped.
   */
  assign(partitions: readonly AssignedPartition[]): void;
  /**
   * What has been fetched, oldest first, at most a few MiB; waits up to `waitMs` for something to come, and
   * returns early, perhaps with nothing, after `wake`. Per partition, offsets only ever rise. Rejects with the
   * first error that the client cannot mend by itself.
   */
  poll(waitMs: number): Promise<readonly FetchedRecords[]>;
  /** Makes a waiting poll return. */
  wake(): void;
  close(): Promise<void>;
}

export interface FetchedRecords extends TopicPartition {
  /**
   * Whole, uncompressed record batches (v2), as the log holds them. Control batches and, under read_committed,
   * aborted ones are gone. May be empty: then only `nextOffset` has moved; see `tellsEnds`.
   */
  readonly records: Buffer;
  /** Records below this offset are to be skipped: a broker hands out whole batches. */
  readonly fromOffset: bigint;
  /** The offset to commit once all of these records are processed. */
  readonly nextOffset: bigint;
  /** End of the partition as of this fetch: high watermark, or last stable offset under read_committed. */
  readonly endOffset: bigint;
  /** Gives the bytes back: they may be overwritten from now on. Call it once. */
  release(): void;
}

// ---- producer

export interface ProducerSettings {
  /** undefined: idempotent, without transactions. */
  readonly transactionalId?: string | undefined;
  readonly transactionTimeoutMs?: number;
  readonly compression?: Compression;
  /** A request is filled up to about this many bytes. */
  readonly requestBytesMax?: number;
}

/** How record batches are compressed; Kafka's names. */
export type Compression = "none" | "gzip" | "snappy" | "lz4" | "zstd";

/**
 * One finished record batch (v2, uncompressed) of one partition. Producer id, epoch, base sequence, the
 * transactional bit and the CRC are stamped by the producer at sending: the bytes belong to it until acknowledged.
 */
export interface OutgoingBatch extends TopicPartition {
  readonly bytes: Buffer;
  readonly records: number;
  /**
   * Called once before `release`, if the log has stored the batch.
   *
   * @param baseOffset that of the first record; undefined: the transport does not know it.
   */
  readonly stored?: (baseOffset: bigint | undefined) => void;
  /** Called once when the producer needs the bytes no more: acknowledged, failed or dropped. */
  readonly release?: () => void;
}

export interface OffsetToCommit extends TopicPartition {
  /** The next offset to read. */
  readonly offset: bigint;
  readonly metadata: string;
}

/** Who commits: the broker refuses an older generation (fencing). */
export interface MemberIdentity {
  readonly groupId: string;
  readonly generation: number;
  readonly memberId: string;
  readonly instanceId: string | undefined;
}

/**
 * Guarantees: batches of one partition are stored in the order of `send`, each once (idempotence), or an error
 * says that this is not known. A call whose outcome nobody knows rejects with kind "unknown"; the caller then
 * calls `init`, which settles the old transaction, before anything else. Calls other than `send` are not
 * concurrent, save that `sendOffsets` may run beside `flush`.
 *
 * States: new -init-> ready -send/sendOffsets-> open -commit/abort-> ready; any -failure-> failed -init-> ready
 */
export interface Producer {
  /** InitProducerId: fences older producers of this transactional.id and settles their open transaction. */
  init(): Promise<void>;
  /** Takes a batch and sends it when it can. A failure shows in `flush`. */
  send(batch: OutgoingBatch): void;
  /** Bytes that were handed to `send` and are not acknowledged yet. */
  readonly pendingBytes: number;
  /** Resolves when every batch sent so far is acknowledged; rejects with the first failure. */
  flush(): Promise<void>;
  /** Adds offsets to the open transaction (TxnOffsetCommit, after AddOffsetsToTxn where the broker needs it). */
  sendOffsets(offsets: readonly OffsetToCommit[], member: MemberIdentity): Promise<void>;
  /** EndTxn. Only after `flush` and `sendOffsets` have resolved. */
  commit(): Promise<void>;
  /** Drops what is not sent, waits for what is in flight, ends the transaction as aborted. */
  abort(): Promise<void>;
  /** Drops everything that is pending. Sends no EndTxn. */
  close(): Promise<void>;
}

// ---- group membership

export interface MemberSettings {
  readonly groupId: string;
  /** Static membership (KIP-345): a member that restarts under the same id within the session keeps its place. */
  readonly instanceId?: string | undefined;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** Name of our assignment protocol; all members must speak it. */
  readonly protocol: string;
}

export interface MemberMetadata {
  readonly memberId: string;
  readonly instanceId: string | undefined;
  readonly topics: readonly string[];
  readonly userData: Buffer;
}

export interface MemberAssignment {
  readonly partitions: readonly TopicPartition[];
  readonly userData: Buffer;
}

export interface JoinRequest {
  readonly topics: readonly string[];
  readonly userData: Buffer;
  /** Called on the member that the coordinator elects as leader; gives every member its assignment. */
  readonly assign: (members: readonly MemberMetadata[]) => Promise<ReadonlyMap<string, MemberAssignment>>;
}

export interface JoinedGroup extends MemberAssignment {
  readonly identity: MemberIdentity;
  /** Elected by the coordinator: its next `join` makes the whole group rebalance. */
  readonly isLeader: boolean;
}

/**
 * Classic group protocol (JoinGroup, SyncGroup, Heartbeat, LeaveGroup). Eager: whoever joins has given up what
 * it had. Heartbeats run by themselves from a successful `join` until the next one, `leave` or `close`.
 */
export interface GroupMember {
  /** One whole round, repeated by itself while the group is not settled. */
  join(request: JoinRequest): Promise<JoinedGroup>;
  /**
   * Resolves when the present generation ends: "rebalance" (hand over cleanly, then join again) or "lost"
   * (the group went on without us: what we had is others' now). Rejects with a fatal error, such as
   * INSTANCE_FENCED. A fresh promise for each joined generation.
   */
  readonly ended: Promise<"rebalance" | "lost">;
  /**
   * Committed offsets, settled ones only (require_stable: waits while a transaction of another producer is
   * open on them). A partition without committed offset is absent.
   */
  committed(partitions: readonly TopicPartition[]): Promise<readonly OffsetToCommit[]>;
  /** OffsetCommit without a transaction (at_least_once). */
  commitOffsets(offsets: readonly OffsetToCommit[], member: MemberIdentity): Promise<void>;
  /**
   * LeaveGroup; a static member only stops its heartbeats, as in Kafka Streams. A `join` that is under way is given
   * up, and rejects.
   */
  leave(): Promise<void>;
  close(): Promise<void>;
}
