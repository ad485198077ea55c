import { PeridotError } from "../errors.ts";
import {
  answerSubscription,
  receiveSubscription,
  resolveForeignKey,
  tellSubscribers,
} from "../operators/join-foreign-key.ts";
import { subscribeForeignKey } from "../operators/subscribe-foreign-key.ts";
import {
  combinedKeyOf,
  type SubscriptionAnswer,
  subscriptionAnswerOf,
  subscriptionOf,
} from "../serdes/subscription.ts";
import type { NodeId } from "../topology/node.ts";
import type { Operator } from "../topology/operator.ts";
import type { AnySerde } from "../topology/serde.ts";
import { type JoinableTable, refuseOthers } from "./joined-tables.ts";
import type { KTable } from "./ktable.ts";
import type { Materialized } from "./materialized.ts";
import { tableBehind } from "./tables.ts";
import { failOnInvalidTimestamp } from "./timestamp-extractors.ts";

const JOIN = "KTABLE-FK-JOIN";

/** A join over foreign keys as data. */
export interface ForeignKeyJoin {
  readonly foreignKeyOf: (value: unknown, key: unknown) => unknown;
  readonly joiner: (value: unknown, foreignValue: unknown, key: unknown) => unknown;
  readonly isLeft: boolean;
}

type KnownTable = JoinableTable & { readonly value: AnySerde | undefined };

/**
 * KTable#joinOnForeignKey and #leftJoinOnForeignKey (KIP-213): rows subscribe to the rows that they point to, through a topic,
 * and the answers come back through another.
 */
export function foreignKeyJoined<K, R>(
  left: KnownTable,
  right: KnownTable,
  { foreignKeyOf, joiner, isLeft }: ForeignKeyJoin,
  materialized: Materialized<K, R>,
): KTable<K, R, "key" | "value"> {
  const { log } = left;
  refuseOthers(log, right.log);
  const { name } = materialized;
  const what = name ?? "a join on a foreign key";
  const serdes = {
    leftKey: needed(what, "keys of its table", left.key),
    left: needed(what, "values of its table", left.value),
    rightKey: needed(what, "keys of the other table", right.key),
    right: needed(what, "values of the other table", right.value),
  };
  right.link.enable(true);
  left.link.enable(true);
  const named = (suffix: string, role: string) => log.nameFor(role, name && `${name}-${suffix}`);
  const append = (parent: NodeId, operator: Operator, given: string) =>
    log.appendNamed({ kind: "processor", parents: [parent], operator }, given);
  const internal = true;
  const timestamps = failOnInvalidTimestamp;

  // to the rows that are pointed to
  const registration = `${JOIN}-SUBSCRIPTION-REGISTRATION`;
  const asked = `${named("subscription-registration", registration)}-topic`;
  const subscribing = { foreignKeyOf, foreignKey: serdes.rightKey, value: serdes.left, isLeft };
  const { isVersioned } = left.link;
  const subscribe = subscribeForeignKey({ role: registration, ...subscribing, isVersioned });
  const sent = append(left.node, subscribe, named("subscription-registration-processor", registration));
  const subscription = { key: serdes.rightKey, value: subscriptionOf(serdes.leftKey) };
  const askedSink = { kind: "sink" as const, parents: [sent], topic: asked, internal, ...subscription };
  log.appendNamed(askedSink, named("subscription-registration-sink", "KTABLE-SINK"));
  const source = { kind: "source" as const, internal, timestamps, errors: {} };
  const received = log.appendNamed(
    { ...source, topics: [asked], ...subscription },
    named("subscription-registration-source", "KTABLE-SOURCE"),
  );

  // there
  const processor = `${JOIN}-SUBSCRIPTION-PROCESSOR`;
  const store = named("subscription-store", `${JOIN}-SUBSCRIPTION-STATE-STORE`);
  log.addStore({
    name: store,
    kind: "timestamped-key-value",
    key: combinedKeyOf(serdes.rightKey, serdes.leftKey),
    value: subscription.value,
    backend: undefined,
    caching: false,
    logging: {},
    logsHeaders: true,
  });
  const kept = append(
    received,
    receiveSubscription(processor, store),
    named("subscription-receive", processor),
  );
  const answered = append(
    kept,
    answerSubscription(processor, right.link.view()),
    named("subscription-join-foreign", processor),
  );
  const told = append(
    right.node,
    tellSubscribers(processor, store, serdes.rightKey, right.link.isVersioned),
    named("foreign-join-subscription", processor),
  );

  // and back
  const answer = { key: serdes.leftKey, value: subscriptionAnswerOf(serdes.right) };
  const answers = `${named("subscription-response", `${JOIN}-SUBSCRIPTION-RESPONSE`)}-topic`;
  const partitioner = (_topic: string, _key: never, { primaryPartition }: SubscriptionAnswer) =>
    primaryPartition;
  log.appendNamed(
    {
      kind: "sink",
      parents: [answered, told],
      topic: answers,
      internal,
      ...answer,
      partitioner: partitioner as never,
    },
    named("subscription-response-sink", "KTABLE-SINK"),
  );
  const back = log.appendNamed(
    { ...source, topics: [answers], ...answer },
    named("subscription-response-source", "KTABLE-SOURCE"),
  );
  const resolver = `${JOIN}-SUBSCRIPTION-RESPONSE-RESOLVER-PROCESSOR`;
  const resolve = resolveForeignKey({
    role: resolver,
    rows: left.link.view(),
    value: serdes.left,
    joiner,
    isLeft,
  });
  const resolved = append(back, resolve, named("subscription-response-resolver", resolver));
  const resultName = named("result", `${JOIN}-OUTPUT`);
  const resultStore = materialized.store ?? log.newStoreName(`${JOIN}-OUTPUT`);
  const result = { key: serdes.leftKey, value: materialized.value };
  const names = { name: resultStore, role: `${JOIN}-OUTPUT`, node: resultName };
  return tableBehind(log, resolved, result, materialized, names);
}

function needed(what: string, part: string, serde: AnySerde | undefined): AnySerde {
  if (serde !== undefined) return serde;
  throw new PeridotError("TOPOLOGY_INVALID", {
    problem: `no serde for the ${part} in ${what}: a function has made them, so their type is not known`,
    remedy: "Give that table's operator its serdes: { key: …, value: … }",
  });
}
