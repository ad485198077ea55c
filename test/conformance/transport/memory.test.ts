import { systemClock } from "../../../host/clock.ts";
import { EmbeddedBroker } from "../../../host/transport/memory/embedded-broker.ts";
import { memoryTransport } from "../../../host/transport/memory/memory-transport.ts";
import { transportConformance } from "./suite.ts";

/** One broker with the latest of everything; three with transactions of the older kind; the oldest release. */
const CLUSTERS = [
  { name: "one embedded broker", brokers: 1, release: "4.3", transactionVersion: 2 },
  {
    name: "three embedded brokers, transaction.version 1",
    brokers: 3,
    release: "4.3",
    transactionVersion: 1,
  },
  { name: "three embedded brokers as of Kafka 3.0", brokers: 3, release: "3.0", transactionVersion: 0 },
] as const;

for (const { name, ...settings } of CLUSTERS) {
  const broker = new EmbeddedBroker({ clock: systemClock, random: Math.random, ...settings });
  const timeouts = { topicMs: 300 };
  transportConformance({
    name,
    factory: memoryTransport(broker, { timeouts }),
    replicationFactor: 1,
    skips: new Map(),
  });
}
