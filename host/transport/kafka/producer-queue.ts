import type { OutgoingBatch, TopicPartition } from "../port.ts";
import type { ProducerIdentity } from "./transaction-protocol.ts";

const SEQUENCES = 2 ** 31;

export interface QueuedBatch {
  readonly batch: OutgoingBatch;
  /** Time by which it must be acknowledged. */
  readonly deadline: number;
  /** Place within the partition, in the order of `send`. */
  readonly order: number;
  /** What goes out, stamped (and compressed), from the first sending on: a retry sends the same bytes. */
  wire: Buffer | undefined;
  /** Why the last attempt failed. */
  problem: string | undefined;
}

/** Who stamps: writes identity and sequence into the batch and returns what goes over the wire. */
export type Stamp = (bytes: Buffer, identity: ProducerIdentity, baseSequence: number) => Buffer;

/**
 * Batches of one partition, in the order of `send`, until they are acknowledged.
 *
 *   waiting -sent-> in flight -acknowledged-> gone
 *      ^-- refused, its answer lost --+
 *
 * After a refusal nothing of the partition is sent until all that is in flight is answered: so its batches go out
 * in their order again.
 */
export class ProducerQueue implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  readonly waiting: QueuedBatch[] = [];
  readonly inFlight: QueuedBatch[] = [];
  /** "open": the broker has the partition in the transaction, so that several batches may be in flight. */
  admission: "none" | "asking" | "open" = "none";
  restsUntil = Number.NEGATIVE_INFINITY;
  failures = 0;
  #recovers = false;
  #nextSequence = 0;
  #orders = 0;

  constructor({ topic, partition }: TopicPartition) {
    this.topic = topic;
    this.partition = partition;
  }

  add(batch: OutgoingBatch, deadline: number): void {
    this.waiting.push({ batch, deadline, order: this.#orders++, wire: undefined, problem: undefined });
  }

  /** Whether its first waiting batch may be sent now, as far as the partition itself is concerned. */
  maySend(now: number): boolean {
    if (this.waiting.length === 0 || this.restsUntil > now) return false;
    return this.inFlight.length === 0 || (this.admission === "open" && !this.#recovers);
  }

  /** Moves the first waiting batch into flight. */
  take(identity: ProducerIdentity, stamp: Stamp): QueuedBatch {
    const queued = this.waiting.shift()!;
    if (queued.wire === undefined) {
      queued.wire = stamp(queued.batch.bytes, identity, this.#nextSequence);
      this.#nextSequence = (this.#nextSequence + queued.batch.records) % SEQUENCES;
    }
    this.inFlight.push(queued);
    return queued;
  }

  /** No unacknowledged batch stands before it. */
  isNext(queued: QueuedBatch): boolean {
    const isBehind = (other: QueuedBatch) => other.order < queued.order;
    return !this.inFlight.some(isBehind) && !this.waiting.some(isBehind);
  }

  acknowledge(queued: QueuedBatch): void {
    this.#land(queued);
    this.admission = "open";
    this.failures = 0;
  }

  putBack(queued: QueuedBatch, restsUntil: number): void {
    this.#recovers = true;
    this.#land(queued);
    this.failures++;
    this.restsUntil = Math.max(this.restsUntil, restsUntil);
    const at = this.waiting.findIndex((other) => other.order > queued.order);
    this.waiting.splice(at < 0 ? this.waiting.length : at, 0, queued);
  }

  /** Takes it out of flight for good. */
  drop(queued: QueuedBatch): void {
    this.#land(queued);
  }

  /** Forgets what has not been acknowledged in order; `restart`: sequences begin at 0 again (a new epoch). */
  beginTransaction(restart: boolean): void {
    this.admission = "none";
    if (restart) this.#nextSequence = 0;
  }

  #land(queued: QueuedBatch): void {
    const at = this.inFlight.indexOf(queued);
    if (at >= 0) this.inFlight.splice(at, 1);
    if (this.inFlight.length === 0) this.#recovers = false;
  }
}
