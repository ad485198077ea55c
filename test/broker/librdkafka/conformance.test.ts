import { after, before, suite } from "node:test";
import {
  type Cluster,
  type ClusterOptions,
  clusterMissing,
  startCluster,
} from "../../../bench/cluster/cluster.ts";
import { librdkafkaTransport } from "../../../host/transport/librdkafka/librdkafka-transport.ts";
import { transportConformance } from "../../conformance/transport/suite.ts";
import { librdkafkaMissing } from "./addon.ts";

/** The conformance suite of the transport port, with records by librdkafka, on brokers of each kind of transactions. */
const CLUSTERS: readonly { readonly name: string; readonly options: ClusterOptions }[] = [
  { name: "librdkafka, a real broker", options: { brokers: 1 } },
  { name: "librdkafka, three real brokers", options: { brokers: 3 } },
  { name: "librdkafka, Kafka 3.0.2", options: { brokers: 1, kafkaVersion: "3.0.2" } },
];

for (const { name, options } of CLUSTERS)
  suite(name, { skip: librdkafkaMissing() ?? clusterMissing(options) ?? false }, () => {
    let cluster: Cluster;
    before(async () => {
      cluster = await startCluster(options);
    });
    after(() => cluster.stop());
    transportConformance({
      name,
      factory: (client) => librdkafkaTransport({ bootstrapServers: cluster.bootstrap })(client),
      replicationFactor: options.brokers,
      skips: new Map([
        [
          "records: the timestamps 0 and -1 are kept",
          "librdkafka takes the timestamp 0 for none, and writes the present time: we refuse it instead",
        ],
      ]),
    });
  });
