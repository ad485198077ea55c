import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "./cluster.ts";
import { HOME } from "./jars.ts";
import { finished, launch } from "./processes.ts";
import { hasJava } from "./source.ts";
import { Tools } from "./tools.ts";

const COMPOSE_FILE = join(import.meta.dirname, "..", "..", "docker-compose.yml");

/** The three brokers of docker-compose.yml, made anew. Without a JDK here, tools run in the service `tools`. */
export async function dockerCluster(): Promise<Cluster> {
  mkdirSync(HOME, { recursive: true });
  await compose("down", "--volumes");
  await compose("up", "--detach", "--wait");
  const bootstrap = "localhost:9092,localhost:9093,localhost:9094";
  const inside = "kafka-1:19092,kafka-2:19092,kafka-3:19092";
  return {
    bootstrap,
    brokers: 3,
    tools: new Tools(hasJava() ? bootstrap : inside),
    addressesOf: () => bootstrap,
    certificateFile: undefined,
    pids: () => [],
    async kill(id) {
      await compose("kill", "--signal", "SIGKILL", `kafka-${id}`);
    },
    async restart(id) {
      await compose("start", `kafka-${id}`);
      await new Tools(hasJava() ? `localhost:${9091 + id}` : `kafka-${id}:19092`).awaitBrokers([id], 120);
    },
    async stop() {
      await compose("down", "--volumes");
    },
  };
}

function compose(...args: string[]): Promise<string> {
  const env = { ...process.env, PERIDOT_KAFKA_HOME: HOME };
  return finished(launch(["docker", "compose", "-f", COMPOSE_FILE, ...args], { env }));
}
