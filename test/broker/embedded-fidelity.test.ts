import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type ClusterOptions, clusterMissing, startCluster } from "../../bench/cluster/cluster.ts";
import { systemClock } from "../../host/clock.ts";
import { tcpDialer } from "../../host/transport/kafka/tcp-dialer.ts";
import { EmbeddedBroker } from "../../host/transport/memory/embedded-broker.ts";
import { randomFrom } from "../transport/memory/scene.ts";
import { Transcript } from "./transcript.ts";

/** The embedded broker means what a real one means: both are asked the same, and their answers compared. */
const options: ClusterOptions = {
  brokers: 1,
  props: { "transaction.abort.timed.out.transaction.cleanup.interval.ms": "200" },
};

async function transcriptOf(bootstrapServers: string): Promise<readonly string[]> {
  const [host, port] = bootstrapServers.split(":");
  const dialer = tcpDialer({ clientId: "transcript", clock: systemClock });
  return Transcript.of(() => dialer.dial(host!, Number(port)));
}

async function embeddedTranscript(): Promise<readonly string[]> {
  const broker = new EmbeddedBroker({ clock: systemClock, random: randomFrom(9) });
  const listener = await broker.listen();
  try {
    return await transcriptOf(listener.bootstrapServers);
  } finally {
    await listener.close();
  }
}

suite("the embedded broker beside a real one", { skip: clusterMissing(options) ?? false }, () => {
  test("they answer alike", async () => {
    const cluster = await startCluster(options);
    try {
      assert.deepEqual(await embeddedTranscript(), await transcriptOf(cluster.bootstrap));
    } finally {
      await cluster.stop();
    }
  });
});
