import { decideCut } from "../../host/commit/decide-commit.ts";
import { decideFailure } from "../../host/commit/decide-failure.ts";
import { nameOf } from "../../host/commit/partition-name.ts";
import type { MembershipParts } from "../../host/task/membership.ts";
import type { StreamThreadParts } from "../../host/task/stream-thread.ts";
import type { ThreadHandle } from "../../host/task/thread-port.ts";
import type { EmbeddedBroker } from "../../host/transport/memory/embedded-broker.ts";
import type {
  Consumer,
  GroupMember,
  MemberIdentity,
  OffsetToCommit,
  OutgoingBatch,
  Producer,
  TopicPartition,
} from "../../host/transport/port.ts";
import type { Plant } from "./defect.ts";
import { keepsAheadRunner, keepsCutRunner } from "./planted-runners.ts";
import { GROUP } from "./sim-process.ts";

export interface PlantedDefect {
  /** What is done wrong. */
  readonly name: string;
  /** The rule of DESIGN.md, or rather of ARCHITECTURE.md, that it breaks. */
  readonly breaks: string;
  readonly plant: Plant;
  /** Where the search begins, for one that few seeds show; default 1. */
  readonly firstSeed?: number;
  /** Of the seeds that can show it; default exactly_once_v2. */
  readonly guarantee?: "at_least_once";
}

const EPOCH_AND_FENCING = "offsets go with member id and generation, so that the broker fences zombies";
const EVERY_TASK = "each transaction commits an offset of every task that wrote in it";
const NEVER_GUESS = "after anything doubtful: never guess, never abort and reuse";
const STATE_LAST = "what was computed is final only after EndTxn";
const UNDO_BOTH = "aborted: undo both generations, and read the input again";
const ONE_MESSAGE = "a transaction keeps the pair of generation and tasks that it began with";

export const PLANTED: readonly PlantedDefect[] = [
  {
    name: "EndTxn does not wait for acknowledgements",
    breaks: "wait for acknowledgements, then TxnOffsetCommit, then EndTxn",
    plant: () => ({ thread: withProducer(sendsTooLate) }),
  },
  {
    name: "offsets go without member and generation",
    breaks: EPOCH_AND_FENCING,
    plant: () => ({ thread: withProducer(unfenced) }),
  },
  {
    name: "a transaction leaves out the offset of one of its tasks",
    breaks: EVERY_TASK,
    plant: () => ({
      decisions: { cut: (facts) => decideCut({ ...facts, offsets: facts.offsets.slice(0, 1) }) },
    }),
  },
  {
    name: "some transactions carry no offset at all",
    breaks: "a transaction without offsets would be unfenced, and its outcome could not be read back",
    plant: () => ({ thread: commitsOffsetsSeldom }),
  },
  {
    name: "an unknown outcome is taken as committed",
    breaks: NEVER_GUESS,
    plant: () => ({ decisions: { settled: () => ({ outcome: "committed" }) } }),
  },
  {
    name: "an unknown outcome is taken as aborted",
    breaks: NEVER_GUESS,
    plant: () => ({ decisions: { settled: () => ({ outcome: "aborted" }) } }),
  },
  {
    name: "after an unknown outcome: abort, and go on with the same producer",
    breaks: NEVER_GUESS,
    plant: () => ({ decisions: { failure: abortsInstead }, thread: withProducer(abortsAlways) }),
  },
  {
    name: "the outcome is read from offsets that are not stable, before InitProducerId has settled it",
    breaks: "InitProducerId settles the old transaction; then the stable committed offsets tell",
    plant: (broker) => ({ thread: (parts) => readsTooEarly(parts, broker) }),
    firstSeed: 190,
  },
  {
    name: "positions move on at the cut",
    breaks: STATE_LAST,
    plant: () => ({ thread: promotesAtCut }),
  },
  {
    name: "after an abort only the next generation is undone",
    breaks: UNDO_BOTH,
    plant: () => ({ thread: (parts) => ({ ...parts, makeRunner: keepsCutRunner(parts.makeRunner) }) }),
  },
  {
    name: "after an abort only the generation that was aborted is undone",
    breaks: UNDO_BOTH,
    plant: () => ({ thread: (parts) => ({ ...parts, makeRunner: keepsAheadRunner(parts.makeRunner) }) }),
  },
  {
    name: "after an abort the input is not read again",
    breaks: UNDO_BOTH,
    plant: () => ({ thread: (parts) => ({ ...parts, consumer: neverSeeks(parts.consumer) }) }),
  },
  {
    name: "after a fence the producer is made anew, the tasks are kept, and the newest generation is stamped on them",
    breaks: "after a fence the tasks are lost: rejoin before a new producer, never only re-init",
    plant: keepsTasksAfterFence,
  },
  {
    // A member that joins a settled group again gets the generation that it has: then no fence helps.
    name: "JoinGroup before the threads have answered",
    breaks: "JoinGroup is sent only when each thread has answered",
    plant: () => ({ membership: (parts) => ({ ...parts, threads: parts.threads.map(answersAtOnce) }) }),
    firstSeed: 90,
  },
  {
    name: "JoinGroup before the threads have answered, and the newest generation stamped on their old tasks",
    breaks: ONE_MESSAGE,
    plant: joinsTooEarly,
  },
  {
    name: "committed offsets are read without require_stable",
    breaks: "OffsetFetch with require_stable",
    plant: (broker) => ({
      membership: (parts) => ({ ...parts, member: readsUnstable(parts.member, broker) }),
    }),
  },
  {
    name: "committed offsets are remembered from the generation before",
    breaks: "a new generation starts from the stable committed offsets",
    plant: () => ({ membership: (parts) => ({ ...parts, member: remembersOffsets(parts.member) }) }),
  },
  {
    name: "at_least_once: offsets are committed before the output is acknowledged",
    breaks: "at-least-once is the same code with the transaction left out",
    plant: () => ({ thread: withProducer(flushesNothing) }),
    guarantee: "at_least_once",
  },
];

type Wrap<Port> = (port: Port, parts: StreamThreadParts) => Port;

function withProducer(wrap: Wrap<Producer>) {
  return (parts: StreamThreadParts): StreamThreadParts => ({
    ...parts,
    producer: wrap(parts.producer, parts),
  });
}

/** The same port with some of its methods replaced. */
function replacing<Port extends object>(port: Port, methods: Partial<Port>): Port {
  return new Proxy(port, {
    get(target, name) {
      const own = (methods as Record<PropertyKey, unknown>)[name];
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** Batches reach the producer some milliseconds late, and nobody waits for them. */
function sendsTooLate(producer: Producer, { clock }: StreamThreadParts): Producer {
  return replacing(producer, {
    send: (batch: OutgoingBatch) => {
      clock.timer(3, () => producer.send(batch));
    },
  });
}

function unfenced(producer: Producer): Producer {
  return replacing(producer, {
    sendOffsets: (offsets, member) =>
      producer.sendOffsets(offsets, { ...member, generation: -1, memberId: "", instanceId: undefined }),
  });
}

const abortsInstead: typeof decideFailure = (facts) => {
  const decision = decideFailure(facts);
  return decision.act === "settle" ? { act: "abort" } : decision;
};

/** Clears the way by force: InitProducerId, and no look at what became of the transaction. */
function abortsAlways(producer: Producer): Producer {
  return replacing(producer, {
    abort: async () => {
      try {
        await producer.abort();
      } catch {
        await producer.init();
      }
    },
  });
}

function flushesNothing(producer: Producer): Producer {
  return replacing(producer, { flush: () => Promise.resolve() });
}

/** What stands, without regard to open transactions. */
function standing(broker: EmbeddedBroker, partitions: readonly TopicPartition[]): OffsetToCommit[] {
  const committed = broker.committedOffsets(GROUP);
  return partitions.flatMap(({ topic, partition }) => {
    const found = committed.get(`${topic}-${partition}`);
    return found === undefined ? [] : [{ topic, partition, offset: found.offset, metadata: found.metadata }];
  });
}

function readsTooEarly(parts: StreamThreadParts, broker: EmbeddedBroker): StreamThreadParts {
  let held: readonly TopicPartition[] = [];
  let snapshot: readonly OffsetToCommit[] = [];
  const { producer, offsets } = parts;
  return {
    ...parts,
    producer: replacing(producer, {
      sendOffsets: (sent, member) => {
        held = sent;
        return producer.sendOffsets(sent, member);
      },
      init: () => {
        snapshot = standing(broker, held);
        return producer.init();
      },
    }),
    offsets: replacing(offsets, { committed: async () => snapshot }),
  };
}

/** Every other transaction keeps its offsets back for the next one. */
function commitsOffsetsSeldom(parts: StreamThreadParts): StreamThreadParts {
  const { producer } = parts;
  let transactions = 0;
  let kept = new Map<string, OffsetToCommit>();
  return withProducer(() =>
    replacing(producer, {
      sendOffsets: async (offsets, member) => {
        for (const each of offsets) kept.set(nameOf(each), each);
        if (transactions++ % 2 === 0) return;
        await producer.sendOffsets([...kept.values()], member);
        kept = new Map();
      },
    }),
  )(parts);
}

function promotesAtCut(parts: StreamThreadParts): StreamThreadParts {
  const cut = new Map<string, bigint>();
  const { consumer, decisions } = parts;
  return {
    ...parts,
    decisions: {
      ...decisions,
      cut: (facts) => {
        for (const each of facts.offsets) cut.set(nameOf(each), each.offset);
        return decisions.cut(facts);
      },
    },
    consumer: replacing(consumer, {
      assign: (partitions) => {
        if (partitions.length === 0) cut.clear();
        consumer.assign(
          partitions.map((each) => ({ ...each, offset: cut.get(nameOf(each)) ?? each.offset })),
        );
      },
    }),
  };
}

function neverSeeks(consumer: Consumer): Consumer {
  let assigned = "";
  return replacing(consumer, {
    assign: (partitions) => {
      const names = partitions.map(nameOf).join();
      if (names === assigned && names !== "") return;
      assigned = names;
      consumer.assign(partitions);
    },
  });
}

function readsUnstable(member: GroupMember, broker: EmbeddedBroker): GroupMember {
  return replacing(member, { committed: async (partitions) => standing(broker, partitions) });
}

function remembersOffsets(member: GroupMember): GroupMember {
  const known = new Map<string, OffsetToCommit>();
  return replacing(member, {
    committed: async (partitions) => {
      const unknown = partitions.filter((each) => !known.has(nameOf(each)));
      for (const each of await member.committed(unknown)) known.set(nameOf(each), each);
      return partitions.flatMap((each) => known.get(nameOf(each)) ?? []);
    },
  });
}

/** The process's newest pair of member and generation, stamped at sending. */
class NewestGeneration {
  #identity: MemberIdentity | undefined;

  learn(member: GroupMember): GroupMember {
    return replacing(member, {
      join: async (request) => {
        const joined = await member.join(request);
        this.#identity = joined.identity;
        return joined;
      },
    });
  }

  stamp(producer: Producer): Producer {
    return replacing(producer, {
      sendOffsets: (offsets, member) => producer.sendOffsets(offsets, this.#identity ?? member),
    });
  }
}

function keepsTasksAfterFence() {
  const newest = new NewestGeneration();
  const keeps: typeof decideFailure = (facts) => {
    const decision = decideFailure(facts);
    return decision.act === "rejoin" ? { act: "settle" } : decision;
  };
  return {
    decisions: { failure: keeps, settled: () => ({ outcome: "aborted" }) as const },
    thread: withProducer((producer) => newest.stamp(producer)),
    membership: (parts: MembershipParts) => ({ ...parts, member: newest.learn(parts.member) }),
  };
}

function joinsTooEarly() {
  const newest = new NewestGeneration();
  return {
    thread: withProducer((producer) => newest.stamp(producer)),
    membership: (parts: MembershipParts) => ({
      ...parts,
      member: newest.learn(parts.member),
      threads: parts.threads.map(answersAtOnce),
    }),
  };
}

function answersAtOnce(thread: ThreadHandle): ThreadHandle {
  return replacing(thread, {
    revoke: async () => {
      void thread.revoke();
      return "committed" as const;
    },
    drop: async () => {
      void thread.drop();
    },
  });
}
