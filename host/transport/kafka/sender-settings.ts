import type { Cluster } from "./cluster.ts";
import type { ProducerQueue, Stamp } from "./producer-queue.ts";
import type { ProducerIdentity, TransactionVersion } from "./transaction-protocol.ts";

/** What a sender of record batches works with, for as long as it lives. */
export interface SenderSettings {
  readonly cluster: Cluster;
  readonly transactionalId: string | undefined;
  readonly requestBytesMax: number;
  readonly requestTimeoutMs: number;
  readonly stamp: Stamp;
  /** Before transaction version 2: adds partitions to the transaction. */
  readonly admit: (partitions: readonly ProducerQueue[]) => Promise<void>;
}

/** What the batches are stamped with from now on. */
export interface SenderTerm {
  readonly identity: ProducerIdentity;
  /** undefined: no transactions. */
  readonly version: TransactionVersion | undefined;
}
