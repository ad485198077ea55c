import type { Api } from "../../host/transport/kafka/protocol/api.ts";
import { codeOf, type KafkaErrorName } from "../../host/transport/kafka/protocol/error-codes.ts";
import type { Fault } from "../../host/transport/memory/faults.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** A fault of the embedded broker, or "late": the client gives up, then the request is carried out all the same. */
export type NetworkFault = Fault | { readonly kind: "late"; readonly afterMs: number };

interface Refusal {
  readonly code: KafkaErrorName;
  /** A broker may give this answer although it has carried the request out. */
  readonly maybeDone: boolean;
}

const OF_COORDINATORS: readonly Refusal[] = [
  { code: "NOT_COORDINATOR", maybeDone: true },
  { code: "COORDINATOR_NOT_AVAILABLE", maybeDone: true },
  { code: "COORDINATOR_LOAD_IN_PROGRESS", maybeDone: false },
];
const OF_TRANSACTIONS: readonly Refusal[] = [
  ...OF_COORDINATORS,
  { code: "CONCURRENT_TRANSACTIONS", maybeDone: false },
];
const OF_LEADERS: readonly Refusal[] = [
  { code: "NOT_LEADER_OR_FOLLOWER", maybeDone: true },
  { code: "NOT_ENOUGH_REPLICAS", maybeDone: false },
  { code: "NOT_ENOUGH_REPLICAS_AFTER_APPEND", maybeDone: true },
  { code: "REQUEST_TIMED_OUT", maybeDone: true },
  { code: "UNKNOWN_TOPIC_OR_PARTITION", maybeDone: false },
];
const OF_READS: readonly Refusal[] = [
  { code: "NOT_LEADER_OR_FOLLOWER", maybeDone: false },
  { code: "FENCED_LEADER_EPOCH", maybeDone: false },
  { code: "UNKNOWN_TOPIC_OR_PARTITION", maybeDone: false },
];

const REFUSALS: Partial<Record<Api, readonly Refusal[]>> = {
  InitProducerId: OF_TRANSACTIONS,
  AddPartitionsToTxn: OF_TRANSACTIONS,
  AddOffsetsToTxn: OF_TRANSACTIONS,
  EndTxn: OF_TRANSACTIONS,
  TxnOffsetCommit: OF_COORDINATORS,
  OffsetCommit: OF_COORDINATORS,
  OffsetFetch: OF_COORDINATORS.slice(0, 1),
  JoinGroup: OF_COORDINATORS,
  SyncGroup: OF_COORDINATORS,
  Heartbeat: OF_COORDINATORS,
  Produce: OF_LEADERS,
  Fetch: OF_READS,
  ListOffsets: OF_READS,
};

/** Answered when others have acted: twice would be two members. */
const WAITING: ReadonlySet<Api> = new Set(["JoinGroup", "SyncGroup", "Fetch"]);

export function drawNetworkFault(random: SeededRandom, api: Api): NetworkFault {
  switch (random.whole(0, 8)) {
    case 0:
      return { kind: "loseRequest" };
    case 1:
      return { kind: "loseResponse" };
    case 2:
      return { kind: "cut", carriedOut: random.chance(0.5) };
    case 3:
      return { kind: "late", afterMs: random.pick([30, 400, 1_100, 1_600, 3_000, 4_500]) };
    case 4:
      return { kind: "delay", requestMs: random.whole(0, 1_500), responseMs: random.whole(0, 400) };
    case 5:
      return { kind: "delay", requestMs: random.whole(0, 40), responseMs: random.whole(0, 1_500) };
    case 6:
      return WAITING.has(api) ? { kind: "loseResponse" } : { kind: "duplicate" };
    default:
      return drawRefusal(random, api);
  }
}

function drawRefusal(random: SeededRandom, api: Api): NetworkFault {
  const refusals = REFUSALS[api];
  if (refusals === undefined) return { kind: "cut", carriedOut: random.chance(0.5) };
  const { code, maybeDone } = random.pick(refusals);
  return { kind: "answer", code: codeOf(code), carriedOut: maybeDone && random.chance(0.5) };
}
