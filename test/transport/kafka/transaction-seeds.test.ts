import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { PeridotError } from "../../../host/errors.ts";
import type { Fault, RequestFacts } from "../../../host/transport/memory/faults.ts";
import type { GroupMember, Producer } from "../../../host/transport/port.ts";
import { batchOf, ClientScene } from "./client-scene.ts";

/**
 * A producer that commits transaction after transaction while requests and answers are lost, doubled and late,
 * leaders and coordinators move and brokers go down. Each transaction commits its number as an offset: after an
 * unknown outcome, that number tells what became of it. In the end the log holds each committed transaction once,
 * in order, whole.
 */
const SEEDS = 60;
const TRANSACTIONS = 12;
const PARTITIONS = [0, 1, 2];
const FAULTY: ReadonlySet<RequestFacts["api"]> = new Set([
  "Produce",
  "AddPartitionsToTxn",
  "AddOffsetsToTxn",
  "TxnOffsetCommit",
  "EndTxn",
  "InitProducerId",
  "FindCoordinator",
  "Metadata",
]);

/** Failures by kind, over all seeds. */
const met = new Map<string, number>();

function disturb(scene: ClientScene): void {
  const { faults } = scene.broker;
  const random = scene.random;
  faults.delayMarkers(() => Math.floor(random() * 60));
  faults.onRequest = ({ api, node }): Fault => {
    const dice = random();
    if (dice < 0.005) faults.moveLeader("out", Math.floor(random() * 3));
    if (dice > 0.995) faults.moveCoordinator("transaction", "tx", { loadingMs: Math.floor(random() * 100) });
    if (dice > 0.99 && dice < 0.992) {
      faults.stopBroker(node);
      scene.clock.timer(2_000, () => faults.startBroker(node));
    }
    if (!FAULTY.has(api)) return { kind: "deliver" };
    const part = random();
    if (part < 0.02) return { kind: "loseRequest" };
    if (part < 0.04) return { kind: "loseResponse" };
    if (part < 0.06) return { kind: "cut", carriedOut: random() < 0.5 };
    if (part < 0.08) return { kind: "duplicate" };
    if (part < 0.12)
      return { kind: "delay", requestMs: Math.floor(random() * 300), responseMs: Math.floor(random() * 300) };
    return { kind: "deliver" };
  };
}

async function attemptOne(
  producer: Producer,
  member: GroupMember,
  number: number,
  joined: Awaited<ReturnType<GroupMember["join"]>>,
): Promise<"committed" | "aborted"> {
  try {
    for (const partition of PARTITIONS)
      for (const half of [0, 1]) producer.send(batchOf("out", partition, [`${number}.${half}`]));
    const offsets = [{ topic: "in", partition: 0, offset: BigInt(number + 1), metadata: "" }];
    await Promise.all([producer.flush(), producer.sendOffsets(offsets, joined.identity)]);
    await producer.commit();
    return "committed";
  } catch (error) {
    if (!(error instanceof PeridotError)) throw error;
    met.set(error.kind, (met.get(error.kind) ?? 0) + 1);
    if (error.kind === "abortable" && error.code !== "PRODUCER_FENCED") {
      try {
        await producer.abort();
        return "aborted";
      } catch {}
    }
    await settle(producer);
    const [stable] = await settledOffset(member);
    return (stable?.offset ?? 0n) === BigInt(number + 1) ? "committed" : "aborted";
  }
}

async function settle(producer: Producer): Promise<void> {
  for (;;) {
    try {
      await producer.init();
      return;
    } catch (error) {
      if ((error as PeridotError).kind === "fatal") throw error;
    }
  }
}

async function settledOffset(member: GroupMember) {
  for (;;) {
    try {
      return await member.committed([{ topic: "in", partition: 0 }]);
    } catch (error) {
      if ((error as PeridotError).kind === "fatal") throw error;
    }
  }
}

async function run(scene: ClientScene): Promise<void> {
  scene.broker.createTopic("in", { partitions: 1 });
  scene.broker.createTopic("out", { partitions: 3 });
  const member = scene.client().member({
    groupId: "g",
    sessionTimeoutMs: 1_800_000,
    rebalanceTimeoutMs: 1_800_000,
    heartbeatIntervalMs: 60_000,
    protocol: "p",
  });
  const joined = await member.join({
    topics: ["in"],
    userData: Buffer.alloc(0),
    assign: async () => new Map(),
  });
  const producer = scene.client().producer({ transactionalId: "tx" });
  disturb(scene);
  await settle(producer);
  for (let number = 0; number < TRANSACTIONS; )
    if ((await attemptOne(producer, member, number, joined)) === "committed") number++;
  scene.broker.faults.onRequest = undefined;
  await member.close();
}

for (const transactionVersion of [1, 2])
  suite(`transactions under faults, transaction.version ${transactionVersion}`, () => {
    for (let seed = 1; seed <= SEEDS; seed++)
      test(`seed ${seed}`, async () => {
        const scene = new ClientScene({ transactionVersion }, seed);
        await scene.run(run(scene));
        await scene.clock.advance(60_000);
        const expected = Array.from({ length: TRANSACTIONS }, (_, number) => [
          `${number}.0`,
          `${number}.1`,
        ]).flat();
        assert.deepEqual(scene.stored("out"), [expected, expected, expected]);
      });
  });

test("the seeds met what they are for: unknown outcomes, and transactions to abort", () => {
  assert.ok(met.get("unknown")! >= 10, `${met.get("unknown")} unknown outcomes`);
  assert.ok(met.get("abortable")! >= 1, `${met.get("abortable")} to abort`);
});
