import type { Api } from "../../host/transport/kafka/protocol/api.ts";
import type { BROKER_RELEASES } from "../../host/transport/memory/broker-releases.ts";
import { drawNetworkFault, type NetworkFault } from "./network-faults.ts";
import { SeededRandom } from "./seeded-random.ts";

export const INPUT_TOPIC = "in";
export const OUTPUT_TOPIC = "out";

/** Everything about a world that its seed decides beforehand. Times are milliseconds of virtual time. */
export interface Scenario {
  readonly seed: number;
  readonly guarantee: "exactly_once_v2" | "at_least_once";
  readonly brokers: number;
  readonly release: keyof typeof BROKER_RELEASES;
  readonly transactionVersion: number;
  readonly inputPartitions: number;
  readonly outputPartitions: number;
  readonly commitIntervalMs: number;
  readonly latencyMsMax: number;
  readonly batchRecordsMax: number;
  /** Of markers in the whole run, to each partition on its own. */
  readonly markerDelayMsMax: number;
  readonly processes: readonly { readonly threads: number; readonly isStatic: boolean }[];
  /** Input comes, and faults happen, within this time. */
  readonly scheduleMs: number;
  readonly schedule: readonly Scheduled[];
}

/** Something that happens: at a time, or at the next request of one kind after that time. */
export interface Scheduled {
  readonly atMs: number;
  readonly at: RequestTrigger | undefined;
  readonly happening: Happening;
}

export interface RequestTrigger {
  readonly api: Api;
  /** So many of them pass first. */
  readonly skips: number;
  /** What becomes of the request itself. */
  readonly fault: NetworkFault;
}

export type Happening =
  | {
      readonly kind: "crash";
      readonly process: number;
      readonly downMs: number;
      readonly hangsUp: boolean;
      readonly sameId: boolean;
    }
  | {
      readonly kind: "pause";
      readonly process: number;
      readonly forMs: number;
      readonly replaced: "no" | "same id" | "new id";
    }
  | { readonly kind: "close"; readonly process: number; readonly downMs: number }
  | { readonly kind: "isolate"; readonly process: number; readonly forMs: number }
  | { readonly kind: "join"; readonly forMs: number }
  | { readonly kind: "trap"; readonly process: number }
  | {
      readonly kind: "network";
      readonly forMs: number;
      readonly share: number;
      readonly apis: readonly Api[];
    }
  | { readonly kind: "move-leader"; readonly topic: string; readonly partition: number }
  | {
      readonly kind: "move-coordinator";
      readonly of: "group" | "transaction";
      readonly process: number;
      readonly loadingMs: number;
    }
  | {
      readonly kind: "stop-broker";
      readonly node: number;
      readonly forMs: number;
      readonly loadingMs: number;
    }
  | { readonly kind: "slow-markers"; readonly forMs: number; readonly mostMs: number }
  | { readonly kind: "transaction-version"; readonly to: number };

const TRANSACTIONAL: readonly Api[] = [
  "InitProducerId",
  "AddPartitionsToTxn",
  "AddOffsetsToTxn",
  "TxnOffsetCommit",
  "EndTxn",
  "Produce",
];
const GROUP_APIS: readonly Api[] = [
  "JoinGroup",
  "SyncGroup",
  "Heartbeat",
  "OffsetFetch",
  "OffsetCommit",
  "LeaveGroup",
];
const READING: readonly Api[] = ["Fetch", "Metadata", "FindCoordinator", "ListOffsets"];
const ALL: readonly Api[] = [...TRANSACTIONAL, ...GROUP_APIS, ...READING];

export function drawScenario(seed: number): Scenario {
  const random = new SeededRandom(seed);
  const release = random.pick(["4.3", "4.3", "4.0", "3.7", "3.0"] as const);
  const features = release.startsWith("4");
  const processes = Array.from({ length: random.whole(1, 3) }, () => ({
    threads: random.whole(1, 2),
    isStatic: random.chance(0.3),
  }));
  const base = {
    seed,
    guarantee: random.chance(0.12) ? ("at_least_once" as const) : ("exactly_once_v2" as const),
    brokers: random.whole(1, 3),
    release,
    transactionVersion: features && random.chance(0.7) ? 2 : features && random.chance(0.5) ? 1 : 0,
    inputPartitions: random.whole(2, 6),
    outputPartitions: random.whole(1, 4),
    commitIntervalMs: 100,
    latencyMsMax: random.pick([1, 3, 20]),
    batchRecordsMax: random.pick([4, 16, 64]),
    markerDelayMsMax: random.pick([0, 5, 50, 400]),
    processes,
    scheduleMs: 7_000,
  };
  const count = random.whole(3, 14);
  const schedule = Array.from({ length: count }, () => drawScheduled(random, base, features));
  schedule.sort((a, b) => a.atMs - b.atMs);
  return { ...base, schedule };
}

type Base = Omit<Scenario, "schedule">;

function drawScheduled(random: SeededRandom, base: Base, features: boolean): Scheduled {
  const happening = drawHappening(random, base, features);
  const isTriggered = happening.kind !== "network" && random.chance(0.5);
  return {
    atMs: random.whole(300, base.scheduleMs - 500),
    at: isTriggered ? drawTrigger(random) : undefined,
    happening,
  };
}

function drawTrigger(random: SeededRandom): RequestTrigger {
  const api = random.pick(random.chance(0.7) ? TRANSACTIONAL : ALL);
  const fault: NetworkFault = random.chance(0.4) ? { kind: "deliver" } : drawNetworkFault(random, api);
  return { api, skips: random.whole(0, 6), fault };
}

function drawHappening(random: SeededRandom, base: Base, features: boolean): Happening {
  const process = random.whole(0, base.processes.length - 1);
  const draws: (() => Happening)[] = [
    () => ({
      kind: "crash",
      process,
      downMs: random.whole(10, 3_000),
      hangsUp: random.chance(0.6),
      sameId: random.chance(0.7),
    }),
    () => ({
      kind: "pause",
      process,
      forMs: random.pick([300, 1_200, 2_300, 3_500, 5_000]),
      replaced: random.pick(["no", "no", "same id", "new id"]),
    }),
    () => ({ kind: "close", process, downMs: random.whole(10, 2_500) }),
    () => ({ kind: "isolate", process, forMs: random.pick([200, 900, 1_500, 3_000]) }),
    () => ({ kind: "join", forMs: random.whole(200, 4_000) }),
    () => ({ kind: "trap", process }),
    () => drawNetwork(random),
    () => drawNetwork(random),
    () => ({ kind: "move-leader", ...drawPartition(random, base) }),
    () => ({
      kind: "move-coordinator",
      of: random.pick(["group", "transaction", "transaction"] as const),
      process,
      loadingMs: random.pick([0, 20, 300]),
    }),
    () => ({
      kind: "stop-broker",
      node: random.whole(0, base.brokers - 1),
      forMs: random.whole(100, 2_500),
      loadingMs: random.pick([0, 20, 300]),
    }),
    () => ({ kind: "slow-markers", forMs: random.whole(500, 3_000), mostMs: random.pick([30, 200, 1_500]) }),
  ];
  if (features) draws.push(() => ({ kind: "transaction-version", to: random.whole(1, 2) }));
  return random.pick(draws)();
}

function drawNetwork(random: SeededRandom): Happening {
  return {
    kind: "network",
    forMs: random.whole(200, 2_500),
    share: random.pick([0.02, 0.1, 0.4]),
    apis: random.pick([
      TRANSACTIONAL,
      TRANSACTIONAL,
      GROUP_APIS,
      READING,
      ALL,
      ["EndTxn", "TxnOffsetCommit"],
    ]),
  };
}

function drawPartition(random: SeededRandom, base: Base) {
  return random.chance(0.5)
    ? { topic: INPUT_TOPIC, partition: random.whole(0, base.inputPartitions - 1) }
    : { topic: OUTPUT_TOPIC, partition: random.whole(0, base.outputPartitions - 1) };
}
