import { librdkafkaTransport, type PeridotConfig, peridot, runProcess } from "peridot-streams";
import { number, oneOf, optional, required, setting } from "./environment.ts";

/**
 * The main job as a plain process: `node bench/apps/json-map.ts` after `npm ci && npm run build`, steered by the
 * environment (see README, "Benchmarks"). Starts from the earliest offset, runs until SIGTERM or SIGINT, then closes
 * cleanly and leaves the group; a static member stays. It runs the built package, as a user's program does.
 */
const withLibrdkafka = oneOf("TRANSPORT", ["kafka", "librdkafka"]) === "librdkafka";
const bootstrapServers = required("BOOTSTRAP");
const config: PeridotConfig = {
  applicationId: setting("APP_ID") ?? "json-map",
  ...(withLibrdkafka ? { transport: librdkafkaTransport({ bootstrapServers }) } : { bootstrapServers }),
  topology: new URL("./json-map-topology.ts", import.meta.url),
  threads: number("THREADS", withLibrdkafka ? 0 : 1),
  commitIntervalMs: number("COMMIT_MS", 100),
  guarantee: oneOf("GUARANTEE", ["exactly_once_v2", "at_least_once"]),
  sessionTimeoutMs: number("SESSION_TIMEOUT_MS", 45_000),
  offsetReset: "earliest",
  ...optional("stateDir", setting("STATE_DIR")),
  ...optional("instanceId", setting("INSTANCE_ID")),
};
required("INPUT"); // both are read by the topology
required("OUTPUT");

const running = runProcess(peridot(config));
console.log("json-map: SIGTERM closes it"); // from here on
await running;
