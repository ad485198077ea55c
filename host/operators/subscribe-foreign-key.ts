import { murmur3 } from "../serdes/murmur3.ts";
import type { Instruction, Subscription } from "../serdes/subscription.ts";
import type { Change, TableProcessing } from "../topology/change.ts";
import type { Operator } from "../topology/operator.ts";
import type { Processor, StreamRecord } from "../topology/processor.ts";
import { accepted } from "../topology/result.ts";
import type { AnySerde } from "../topology/serde.ts";
import { tableOperator } from "./table-operator.ts";

/** How rows point to rows of another table. */
export interface ForeignKeySubscribing {
  readonly role: string;
  readonly foreignKeyOf: (value: unknown, key: unknown) => unknown;
  readonly foreignKey: AnySerde;
  readonly value: AnySerde;
  readonly isLeft: boolean;
  readonly isVersioned: boolean;
}

/**
 * Sends each change of a row to the task of the row that it points to, and off from the one that it pointed to before (KIP-213,
 * Kafka Streams' SubscriptionSendProcessorSupplier).
 */
export function subscribeForeignKey(subscribing: ForeignKeySubscribing): Operator {
  const made = tableOperator(subscribing.role, undefined, () => new Subscribing(subscribing));
  return { ...made, facts: { ...made.facts, changesKey: true } };
}

class Subscribing implements Processor {
  readonly #subscribing: ForeignKeySubscribing;
  #context!: TableProcessing;

  constructor(subscribing: ForeignKeySubscribing) {
    this.#subscribing = subscribing;
  }

  init(context: unknown): void {
    this.#context = context as TableProcessing;
  }

  process(record: StreamRecord): void {
    const change = record.value as Change;
    if (this.#subscribing.isVersioned && !change.isLatest) {
      this.#context.drop();
      return;
    }
    const before = this.#foreignKey(record, change.oldValue);
    const now = this.#foreignKey(record, change.newValue);
    if (this.#subscribing.isLeft) this.#left(record, change, before, now);
    else this.#inner(record, change, before, now);
  }

  /** An answer comes in any case: there is a result, or a deletion, for each change. */
  #left(record: StreamRecord, { oldValue, newValue }: Change, before: unknown, now: unknown): void {
    if (oldValue === null && newValue === null) return;
    if (before !== null && !this.#same(before, now)) this.#send(record, before, "delete");
    this.#send(record, now, "answer-always");
  }

  #inner(record: StreamRecord, { newValue }: Change, before: unknown, now: unknown): void {
    if (newValue === null || now === null) {
      if (newValue !== null) this.#context.drop();
      if (before !== null) this.#send(record, before, "delete-and-answer");
    } else if (before === null || this.#same(before, now)) {
      // a row that pointed there before had no result either, where there is none now
      this.#send(record, now, "answer-if-there");
    } else {
      // the answer to the new subscription takes the old result back, where it finds none
      this.#send(record, before, "delete");
      this.#send(record, now, "answer-always");
    }
  }

  #foreignKey({ key }: StreamRecord, value: unknown): unknown {
    return value === null ? null : accepted(this.#subscribing.foreignKeyOf(value, key));
  }

  #same(one: unknown, other: unknown): boolean {
    if (one === null || other === null) return one === other;
    const bytesOf = (key: unknown) => Buffer.from(this.#subscribing.foreignKey.serialize(key) as Uint8Array);
    return bytesOf(one).equals(bytesOf(other));
  }

  #send(record: StreamRecord, foreignKey: unknown, instruction: Instruction): void {
    const { newValue } = record.value as Change;
    const { value: serde } = this.#subscribing;
    const subscription: Subscription = {
      hash: newValue === null ? null : murmur3(Buffer.from(serde.serialize(newValue) as Uint8Array)),
      instruction,
      primaryKey: record.key,
      primaryPartition: Number(this.#context.taskId.split("_")[1]),
    };
    this.#context.forward(record.withKey(foreignKey).withValue(subscription) as never);
  }
}
