import { after, before, suite } from "node:test";
import {
  type Cluster,
  type ClusterOptions,
  clusterMissing,
  startCluster,
} from "../../bench/cluster/cluster.ts";
import { kafkaTransport } from "../../host/transport/kafka/kafka-transport.ts";
import { transportConformance } from "../conformance/transport/suite.ts";

/** The conformance suite of the transport port on real brokers: the newest, and older kinds of transactions. */
const CLUSTERS: readonly { readonly name: string; readonly options: ClusterOptions }[] = [
  { name: "a real broker", options: { brokers: 1 } },
  { name: "three real brokers", options: { brokers: 3 } },
  {
    name: "Kafka 3.9.1, the last without transaction.version 2",
    options: { brokers: 1, kafkaVersion: "3.9.1" },
  },
  { name: "Kafka 3.0.2, the oldest", options: { brokers: 1, kafkaVersion: "3.0.2" } },
];

for (const { name, options } of CLUSTERS)
  suite(name, { skip: clusterMissing(options) ?? false }, () => {
    let cluster: Cluster;
    before(async () => {
      cluster = await startCluster(options);
    });
    after(() => cluster.stop());
    transportConformance({
      name,
      factory: (client) => kafkaTransport({ bootstrapServers: cluster.bootstrap })(client),
      replicationFactor: options.brokers,
      skips: new Map(),
    });
  });
