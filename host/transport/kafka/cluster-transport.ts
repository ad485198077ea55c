import type {
  Admin,
  Consumer,
  ConsumerSettings,
  GroupMember,
  MemberSettings,
  Producer,
  ProducerSettings,
  Transport,
} from "../port.ts";
import { ClusterAdmin } from "./admin.ts";
import { Cluster, type ClusterSettings } from "./cluster.ts";
import { ClusterConsumer } from "./consumer.ts";
import { ClassicMember } from "./group-member.ts";
import { ClusterProducer } from "./producer.ts";

/** The transport port over a cluster, whichever way its brokers are reached: over TCP, or in this process. */
export function clusterTransport(settings: ClusterSettings): Transport {
  const cluster = new Cluster(settings);
  const admin: Admin = new ClusterAdmin(cluster);
  return {
    admin,
    consumer: (consumer: ConsumerSettings): Consumer => new ClusterConsumer(cluster, consumer),
    producer: (producer: ProducerSettings): Producer => new ClusterProducer(cluster, producer),
    member: (member: MemberSettings): GroupMember => new ClassicMember(cluster, member),
    close: async () => cluster.close(),
  };
}
