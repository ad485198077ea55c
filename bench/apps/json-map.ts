import { librdkafkaTransport, type PeridotConfig, peridot, runProcess } from "peridot-streams";

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

function setting(name: string): string | undefined {
  const value = process.env[name];
  return value === "" ? undefined : value;
}

function required(name: string): string {
  const value = setting(name);
  if (value !== undefined) return value;
  console.error(`${name} is not set. Needed are BOOTSTRAP, INPUT and OUTPUT; see README, "Benchmarks"`);
  process.exit(1);
}

function number(name: string, fallback: number): number {
  const value = setting(name);
  if (value === undefined) return fallback;
  if (/^\d+$/.test(value)) return Number(value);
  console.error(`${name} is "${value}": give a whole number`);
  process.exit(1);
}

/** The first is the default. */
function oneOf<const Value extends string>(name: string, allowed: readonly Value[]): Value {
  const value = setting(name) ?? allowed[0]!;
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return found;
  console.error(`${name} is "${value}": give ${allowed.join(" or ")}`);
  process.exit(1);
}

function optional<Name extends string>(name: Name, value: string | undefined): Partial<Record<Name, string>> {
  return value === undefined ? {} : ({ [name]: value } as Partial<Record<Name, string>>);
}
