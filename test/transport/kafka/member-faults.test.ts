import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Fault, RequestFacts } from "../../../host/transport/memory/faults.ts";
import type { GroupMember, JoinedGroup, JoinRequest, MemberSettings } from "../../../host/transport/port.ts";
import { ClientScene } from "./client-scene.ts";

const PARTITIONS = 4;

const request: JoinRequest = {
  topics: ["in"],
  userData: Buffer.alloc(0),
  assign: async (members) => {
    const ids = members.map((each) => each.memberId).sort();
    return new Map(
      ids.map((id, index) => [
        id,
        {
          userData: Buffer.alloc(0),
          partitions: Array.from({ length: PARTITIONS }, (_, partition) => ({
            topic: "in",
            partition,
          })).filter(({ partition }) => partition % ids.length === index),
        },
      ]),
    );
  },
};

function settings(more: Partial<MemberSettings> = {}): MemberSettings {
  return {
    groupId: "g",
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 30_000,
    heartbeatIntervalMs: 1_000,
    protocol: "p",
    ...more,
  };
}

function scenery(): ClientScene {
  const scene = new ClientScene();
  scene.broker.createTopic("in", { partitions: PARTITIONS });
  return scene;
}

function every(api: RequestFacts["api"], step: number, fault: Fault): (facts: RequestFacts) => Fault {
  let count = 0;
  return (facts) => (facts.api === api && ++count % step === 0 ? fault : { kind: "deliver" });
}

/** Joins again and again, until the promise says stop; keeps the latest membership. */
async function stay(member: GroupMember, seen: JoinedGroup[]): Promise<void> {
  for (;;) {
    seen.push(await member.join(request));
    await member.ended;
  }
}

suite("a group settles", () => {
  const faults: readonly (readonly [RequestFacts["api"], Fault])[] = [
    ["JoinGroup", { kind: "loseResponse" }],
    ["JoinGroup", { kind: "cut", carriedOut: true }],
    ["SyncGroup", { kind: "loseRequest" }],
    ["SyncGroup", { kind: "answer", code: 27, carriedOut: false }],
    ["Heartbeat", { kind: "loseResponse" }],
    ["Heartbeat", { kind: "answer", code: 16, carriedOut: false }],
    ["FindCoordinator", { kind: "answer", code: 15, carriedOut: false }],
  ];
  for (const [api, fault] of faults)
    test(`despite ${fault.kind}${fault.kind === "answer" ? ` of ${fault.code}` : ""} for a third of ${api}`, async () => {
      const scene = scenery();
      scene.broker.faults.onRequest = (facts) =>
        facts.api === api && scene.random() < 0.3 ? fault : { kind: "deliver" };
      const members = [0, 1].map(() => scene.client().member(settings()));
      const seen: JoinedGroup[][] = [[], []];
      const failures: unknown[] = [];
      for (const [index, member] of members.entries())
        stay(member, seen[index]!).catch((error) => failures.push(error));
      await scene.clock.runUntil(() => {
        if (failures.length > 0) return true;
        const [left, right] = seen.map((each) => each.at(-1));
        if (left === undefined || right === undefined) return false;
        const all = [...left.partitions, ...right.partitions].map((each) => each.partition);
        return left.identity.generation === right.identity.generation && all.sort().join() === "0,1,2,3";
      });
      assert.deepEqual(failures, []);
    });

  test("when its coordinator moves, without a rebalance", async () => {
    const scene = scenery();
    const member = scene.client().member(settings());
    const { identity } = await scene.run(member.join(request));
    let ended: unknown;
    member.ended.then((reason) => {
      ended = reason;
    });
    for (let n = 0; n < 5; n++) {
      scene.broker.faults.moveCoordinator("group", "g", { loadingMs: 300 });
      await scene.clock.advance(4_000);
    }
    assert.equal(ended, undefined);
    await scene.run(
      member.commitOffsets([{ topic: "in", partition: 0, offset: 4n, metadata: "" }], identity),
    );
    assert.equal(scene.broker.committedOffsets("g").get("in-0")?.offset, 4n);
  });
});

suite("a member is told", () => {
  test("that it is lost, by its own clock, when nothing gets through for a session", async () => {
    const scene = scenery();
    const link = scene.broker.link();
    const member = scene.client({}, link).member(settings());
    await scene.run(member.join(request));
    await scene.clock.advance(3_000);
    link.isolate();
    const isolatedAt = scene.clock.now();
    assert.equal(await scene.run(member.ended), "lost");
    const tookMs = scene.clock.now() - isolatedAt;
    assert.ok(tookMs >= 8_000 && tookMs <= 10_100, `${tookMs} ms`);
    link.heal();
    const again = await scene.run(member.join(request));
    assert.equal(again.partitions.length, PARTITIONS);
  });

  test("that it is lost, by the group, which forgot it", async () => {
    const scene = scenery();
    const member = scene.client().member(settings());
    const { identity } = await scene.run(member.join(request));
    scene.broker.faults.onRequest = every("Heartbeat", 1, { kind: "answer", code: 25, carriedOut: false });
    assert.equal(await scene.run(member.ended), "lost");
    scene.broker.faults.onRequest = undefined;
    const again = await scene.run(member.join(request));
    assert.ok(again.identity.generation > identity.generation);
  });

  test("that the group does not settle, after a bounded time", async () => {
    const scene = scenery();
    scene.broker.faults.onRequest = every("SyncGroup", 1, { kind: "answer", code: 27, carriedOut: false });
    const error = await scene.refusalOf(scene.client().member(settings()).join(request));
    assert.deepEqual([error.code, error.kind], ["GROUP_UNSETTLED", "retriable"]);
    assert.match(error.message, /REBALANCE_IN_PROGRESS/);
  });

  test("that its session time-out is not allowed", async () => {
    const scene = scenery();
    const member = scene.client().member(settings({ sessionTimeoutMs: 1_000 }));
    const error = await scene.refusalOf(member.join(request));
    assert.equal(error.code, "CONFIG_INVALID");
    assert.match(error.message, /sessionTimeoutMs is 1000.*group\.min\.session\.timeout\.ms/);
  });
});

test("a static member keeps its place over a restart, and does not leave", async () => {
  const scene = scenery();
  const first = scene.client().member(settings({ instanceId: "one" }));
  const before = await scene.run(first.join(request));
  await scene.run(first.leave());
  await scene.clock.advance(5_000);
  const second = scene.client().member(settings({ instanceId: "one" }));
  const after = await scene.run(second.join(request));
  assert.equal(after.identity.generation, before.identity.generation);
  assert.notEqual(after.identity.memberId, before.identity.memberId);
  assert.equal(scene.broker.counters.requests.get("LeaveGroup"), undefined);
});
