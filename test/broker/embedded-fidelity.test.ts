import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type ClusterOptions, clusterMissing, startCluster } from "../../bench/cluster/cluster.ts";
import { systemClock } from "../../host/clock.ts";
import { tcpDialer } from "../../host/transport/kafka/tcp-dialer.ts";
import { EmbeddedBroker, type EmbeddedBrokerSettings } from "../../host/transport/memory/embedded-broker.ts";
import { randomFrom } from "../transport/memory/scene.ts";
import { transcriptOf } from "./transcript.ts";

/** The embedded broker means what a real one means: both are asked the same, and their answers compared. */
const PAIRS: readonly {
  readonly release: NonNullable<EmbeddedBrokerSettings["release"]>;
  readonly kafkaVersion?: string;
  /** Of transaction.version. */
  readonly levels: readonly (1 | 2)[];
  /** Questions that are left out of the comparison. */
  readonly except: ReadonlySet<string>;
}[] = [
  { release: "4.3", levels: [1, 2], except: new Set() },
  { release: "3.9", kafkaVersion: "3.9.1", levels: [1], except: new Set() },
  // The KRaft controller of 3.0 does not check configurations when it makes a topic.
  { release: "3.0", kafkaVersion: "3.0.2", levels: [1], except: new Set(["create odd 1 1"]) },
];
const props = { "transaction.abort.timed.out.transaction.cleanup.interval.ms": "200" };

async function answersOf(
  bootstrapServers: string,
  { levels, except }: (typeof PAIRS)[number],
): Promise<readonly string[]> {
  const [host, port] = bootstrapServers.split(":");
  const dialer = tcpDialer({ clientId: "transcript", clock: systemClock });
  const lines = await transcriptOf(() => dialer.dial(host!, Number(port)), levels);
  return lines.filter((line) => !except.has(line.split(":")[0]!));
}

async function embeddedTranscript(pair: (typeof PAIRS)[number]): Promise<readonly string[]> {
  const { release } = pair;
  const broker = new EmbeddedBroker({ clock: systemClock, random: randomFrom(9), release });
  const listener = await broker.listen();
  try {
    return await answersOf(listener.bootstrapServers, pair);
  } finally {
    await listener.close();
  }
}

suite("the embedded broker beside a real one", () => {
  for (const pair of PAIRS) {
    const version = pair.kafkaVersion === undefined ? {} : { kafkaVersion: pair.kafkaVersion };
    const options: ClusterOptions = { brokers: 1, props, ...version };
    test(`they answer alike: ${pair.release}`, { skip: clusterMissing(options) ?? false }, async () => {
      const cluster = await startCluster(options);
      try {
        assert.deepEqual(await embeddedTranscript(pair), await answersOf(cluster.bootstrap, pair));
      } finally {
        await cluster.stop();
      }
    });
  }
});
