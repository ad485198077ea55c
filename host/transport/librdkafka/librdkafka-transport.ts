import { PeridotError } from "../../errors.ts";
import { ClusterAdmin } from "../kafka/admin.ts";
import { Cluster } from "../kafka/cluster.ts";
import { ClassicMember } from "../kafka/group-member.ts";
import { clusterSettings, type KafkaSettings } from "../kafka/kafka-transport.ts";
import type { TransportFactory } from "../port.ts";
import { loadBinding } from "./binding.ts";
import { connectionProperties } from "./connection-properties.ts";
import { LibrdkafkaConsumer } from "./consumer.ts";
import { LibrdkafkaProducer } from "./producer.ts";

/** How to reach a Kafka cluster with librdkafka. */
export interface LibrdkafkaSettings extends KafkaSettings {
  /** More of librdkafka's own properties (its CONFIGURATION.md), for its producers and its consumers. */
  readonly producerProperties?: Readonly<Record<string, string | number | boolean>> | undefined;
  readonly consumerProperties?: Readonly<Record<string, string | number | boolean>> | undefined;
}

/** What the port's guarantees rest on. */
const OURS: ReadonlySet<string> = new Set([
  "bootstrap.servers",
  "client.id",
  "transactional.id",
  "transaction.timeout.ms",
  "enable.idempotence",
  "message.max.bytes",
  "message.timeout.ms",
  "compression.type",
  "compression.codec",
  "acks",
  "request.required.acks",
  "enable.gapless.guarantee",
  "delivery.report.only.error",
  "statistics.interval.ms",
  "allow.auto.create.topics",
  "enable.auto.commit",
  "enable.auto.offset.store",
  "enable.partition.eof",
  "auto.offset.reset",
  "isolation.level",
  "check.crcs",
  "group.instance.id",
]);

/**
 * A transport whose records are fetched and written by librdkafka, through the package @confluentinc/kafka-javascript,
 * which is to be installed beside this one. Groups, offsets and topics are looked after by our own client: librdkafka
 * takes no assignor from outside, nor somebody else's generation. Several times slower than `bootstrapServers`
 * alone; only with `threads: 0`. ARCHITECTURE.md, "librdkafka", says what it promises.
 *
 * @throws LIBRDKAFKA_UNAVAILABLE, CONFIG_INVALID
 *
 * @example
 *   const app = peridot({ applicationId: "demo", transport: librdkafkaTransport({ bootstrapServers: "localhost:9092" }) });
 */
export function librdkafkaTransport(settings: LibrdkafkaSettings): TransportFactory {
  const ofCluster = clusterSettings(settings);
  const producerProperties = checked("producerProperties", settings.producerProperties);
  const consumerProperties = checked("consumerProperties", settings.consumerProperties);
  const binding = loadBinding();
  return (client) => {
    const cluster = new Cluster(ofCluster(client));
    const common = connectionProperties(settings, client);
    const closing = new Set<() => Promise<void>>();
    const parts = { binding, cluster, onMade: (close: () => Promise<void>) => closing.add(close) };
    return {
      admin: new ClusterAdmin(cluster),
      consumer: (consumer) =>
        new LibrdkafkaConsumer(
          parts,
          { "group.id": client.clientId, ...common, ...consumerProperties },
          consumer,
        ),
      producer: (producer) => new LibrdkafkaProducer(parts, { ...common, ...producerProperties }, producer),
      member: (member) => new ClassicMember(cluster, member),
      close: async () => {
        cluster.close();
        await Promise.all([...closing].map((close) => close()));
      },
    };
  };
}

function checked(option: string, properties: LibrdkafkaSettings["producerProperties"]) {
  const taken = Object.keys(properties ?? {}).find((name) => OURS.has(name));
  if (taken === undefined) return properties ?? {};
  throw new PeridotError("CONFIG_INVALID", {
    option: `${option}["${taken}"]`,
    problem: "is set by Peridot: its guarantees rest on it",
    remedy: "Leave it out; some have an option of ours, such as compression or transactionTimeoutMs",
  });
}
