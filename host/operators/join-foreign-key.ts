import { murmur3 } from "../serdes/murmur3.ts";
import type { CombinedKey } from "../serdes/subscription.ts";
import { foreignPrefix, type Subscription, type SubscriptionAnswer } from "../serdes/subscription.ts";
import type { KeyValueStore, ValueAndTimestamp } from "../state/stores/key-value-store.ts";
import type { Change, TableProcessing } from "../topology/change.ts";
import type { Operator } from "../topology/operator.ts";
import type { StreamRecord } from "../topology/processor.ts";
import { accepted } from "../topology/result.ts";
import type { AnySerde } from "../topology/serde.ts";
import type { TableReader, TableView } from "../topology/table-view.ts";
import { tableOperator } from "./table-operator.ts";

type Subscriptions = KeyValueStore<CombinedKey, ValueAndTimestamp<Subscription>>;

/** A subscription on its way from the store to the row that it is about. */
interface Received {
  readonly foreignKey: unknown;
  readonly subscription: Subscription;
}

/** Keeps the subscriptions to the rows of a task (Kafka Streams' SubscriptionReceiveProcessorSupplier). */
export function receiveSubscription(role: string, store: string): Operator {
  return tableOperator(role, store, () => {
    let context: TableProcessing;
    let subscriptions: Subscriptions;
    return {
      init(given) {
        context = given as TableProcessing;
        subscriptions = context.store(store);
      },
      process(record) {
        const { key: foreignKey, timestamp } = record;
        const subscription = record.value as Subscription;
        const { instruction, primaryKey } = subscription;
        if (foreignKey === null && instruction !== "answer-always") {
          context.drop();
          return;
        }
        if (foreignKey !== null) {
          const isDeleted = instruction === "delete" || instruction === "delete-and-answer";
          const kept = isDeleted ? null : { value: subscription, timestamp };
          subscriptions.put({ foreignKey, primaryKey }, kept);
        }
        const received: Received = { foreignKey, subscription };
        context.forward(record.withKey(primaryKey).withValue(received) as never);
      },
    };
  });
}

/** Answers a subscription with the row that is there (Kafka Streams' SubscriptionJoinProcessorSupplier). */
export function answerSubscription(role: string, foreign: TableView): Operator {
  const made = tableOperator(role, undefined, () => {
    let context: TableProcessing;
    let rows: TableReader;
    return {
      init(given) {
        context = given as TableProcessing;
        rows = foreign.open(context);
      },
      process(record) {
        const { foreignKey, subscription } = record.value as Received;
        const { instruction, hash, primaryPartition } = subscription;
        if (instruction === "delete") return;
        const row = foreignKey === null ? undefined : rows.get(foreignKey);
        if (row === undefined && instruction === "answer-if-there") return;
        const foreignValue = instruction === "delete-and-answer" ? null : (row?.value ?? null);
        const answer: SubscriptionAnswer = { hash, foreignValue, primaryPartition };
        const timestamp = Math.max(record.timestamp, row?.timestamp ?? record.timestamp);
        context.forward(record.withValue(answer).withTimestamp(timestamp) as never);
      },
    };
  });
  return { ...made, facts: { ...made.facts, stores: foreign.stores, joins: true } };
}

/** Tells a change of a row to all that point to it (Kafka Streams' ForeignTableJoinProcessorSupplier). */
export function tellSubscribers(
  role: string,
  store: string,
  foreignKey: AnySerde,
  isVersioned: boolean,
): Operator {
  const made = tableOperator(role, store, () => {
    let context: TableProcessing;
    let subscriptions: Subscriptions;
    return {
      init(given) {
        context = given as TableProcessing;
        subscriptions = context.store(store);
      },
      process(record) {
        const { newValue, isLatest } = record.value as Change;
        if (record.key === null || (isVersioned && !isLatest)) {
          context.drop();
          return;
        }
        const found = [...subscriptions.prefixScan(foreignPrefix(foreignKey, record.key))];
        for (const [{ primaryKey }, { value }] of found) {
          const { hash, primaryPartition } = value;
          const answer: SubscriptionAnswer = { hash, foreignValue: newValue, primaryPartition };
          context.forward(record.withKey(primaryKey).withValue(answer) as never);
        }
      },
    };
  });
  return { ...made, facts: { ...made.facts, changesKey: true } };
}

/** What the results of a join over foreign keys are made by. */
export interface ForeignKeyResolving {
  readonly role: string;
  readonly rows: TableView;
  readonly value: AnySerde;
  readonly joiner: (value: unknown, foreignValue: unknown, key: unknown) => unknown;
  readonly isLeft: boolean;
}

/**
 * Joins an answer with the row that it was asked for, unless that has changed since: then another answer is under way (Kafka
 * Streams' ResponseJoinProcessorSupplier).
 */
export function resolveForeignKey({
  role,
  rows: view,
  value,
  joiner,
  isLeft,
}: ForeignKeyResolving): Operator {
  const made = tableOperator(role, undefined, () => {
    let context: TableProcessing;
    let rows: TableReader;
    return {
      init(given) {
        context = given as TableProcessing;
        rows = view.open(context);
      },
      process(record: StreamRecord) {
        const { hash, foreignValue } = record.value as SubscriptionAnswer;
        const row = rows.get(record.key);
        if (
          !isSame(
            hash,
            row === undefined ? null : murmur3(Buffer.from(value.serialize(row.value) as Uint8Array)),
          )
        ) {
          context.drop();
          return;
        }
        const isNothing = row === undefined || (foreignValue === null && !isLeft);
        const result = isNothing ? null : accepted(joiner(row.value, foreignValue, record.key));
        context.forward(record.withValue(result) as never);
      },
    };
  });
  return { ...made, facts: { ...made.facts, stores: view.stores, joins: true } };
}

function isSame(one: Uint8Array | null, other: Uint8Array | null): boolean {
  return one === null || other === null ? one === other : Buffer.compare(one, other) === 0;
}
