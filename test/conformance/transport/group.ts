import assert from "node:assert/strict";
import type {
  GroupMember,
  JoinRequest,
  MemberAssignment,
  MemberMetadata,
  MemberSettings,
} from "../../../host/transport/port.ts";
import { type Bench, conformanceCase, refusalOf, type TransportUnderTest } from "./harness.ts";

export function groupConformance(under: TransportUnderTest): void {
  conformanceCase(under, "group: a member alone leads, and gets what it gives itself", async (bench) => {
    const topic = await bench.topic(2);
    const member = memberOf(bench, bench.name("group"));
    let seen: readonly MemberMetadata[] = [];
    const joined = await member.join({
      topics: [topic],
      userData: Buffer.from("hello"),
      assign: async (members) => {
        seen = members;
        const partitions = [0, 1].map((partition) => ({ topic, partition }));
        return new Map([[members[0]!.memberId, { partitions, userData: Buffer.from("yours") }]]);
      },
    });
    assert.deepEqual(
      seen.map((each) => [each.memberId, each.topics, String(each.userData)]),
      [[joined.identity.memberId, [topic], "hello"]],
    );
    assert.deepEqual(
      joined.partitions,
      [0, 1].map((partition) => ({ topic, partition })),
    );
    assert.equal(String(joined.userData), "yours");
    await member.leave();
  });

  conformanceCase(
    under,
    "group: a second member brings a rebalance, and so does its leaving",
    async (bench) => {
      const topic = await bench.topic(4);
      const groupId = bench.name("group");
      const first = memberOf(bench, groupId);
      const alone = await first.join(shareOut(topic, 4));
      assert.equal(alone.partitions.length, 4);
      const second = memberOf(bench, groupId);
      const joining = second.join(shareOut(topic, 4));
      assert.equal(await first.ended, "rebalance");
      const [mine, yours] = await Promise.all([first.join(shareOut(topic, 4)), joining]);
      assert.deepEqual([mine.partitions.length, yours.partitions.length], [2, 2]);
      assert.equal(mine.identity.generation, yours.identity.generation);
      assert.ok(mine.identity.generation > alone.identity.generation);
      await second.leave();
      assert.equal(await first.ended, "rebalance");
      const again = await first.join(shareOut(topic, 4));
      assert.equal(again.partitions.length, 4);
      assert.equal(again.identity.memberId, alone.identity.memberId);
      await first.leave();
    },
  );

  conformanceCase(under, "group: a static member that comes back keeps its place", async (bench) => {
    const topic = await bench.topic(2);
    const groupId = bench.name("group");
    const first = memberOf(bench, groupId, { instanceId: "one" });
    const before = await first.join(shareOut(topic, 2));
    assert.equal(before.identity.instanceId, "one");
    await first.leave();
    const second = memberOf(bench, groupId, { instanceId: "one" });
    const after = await second.join(shareOut(topic, 2));
    assert.deepEqual(after.partitions, before.partitions);
    const offsets = [{ topic, partition: 0, offset: 1n, metadata: "" }];
    const error = await refusalOf(first.commitOffsets(offsets, before.identity));
    assert.deepEqual([error.code, error.kind], ["INSTANCE_FENCED", "fatal"]);
    await second.commitOffsets(offsets, after.identity);
    await second.close();
  });

  conformanceCase(under, "group: a static member that was replaced hears of it", async (bench) => {
    const topic = await bench.topic(1);
    const groupId = bench.name("group");
    const first = memberOf(bench, groupId, { instanceId: "one", heartbeatIntervalMs: 200 });
    await first.join(shareOut(topic, 1));
    const ended = first.ended;
    const second = memberOf(bench, groupId, { instanceId: "one" });
    const joining = second.join(shareOut(topic, 1));
    const error = await refusalOf(ended);
    assert.equal(error.code, "INSTANCE_FENCED");
    await joining;
    await second.close();
  });

  conformanceCase(under, "group: offsets are committed by the present generation only", async (bench) => {
    const topic = await bench.topic(2);
    const member = memberOf(bench, bench.name("group"));
    const { identity } = await member.join(shareOut(topic, 2));
    const at = { topic, partition: 1 };
    await member.commitOffsets([{ ...at, offset: 12n, metadata: "twelve" }], identity);
    assert.deepEqual(await member.committed([{ topic, partition: 0 }, at]), [
      { ...at, offset: 12n, metadata: "twelve" },
    ]);
    const stale = { ...identity, generation: identity.generation - 1 };
    const error = await refusalOf(member.commitOffsets([{ ...at, offset: 13n, metadata: "" }], stale));
    assert.equal(error.code, "GENERATION_FENCED");
    await member.leave();
    const gone = await refusalOf(member.commitOffsets([{ ...at, offset: 13n, metadata: "" }], identity));
    assert.equal(gone.code, "MEMBER_UNKNOWN");
  });

  conformanceCase(under, "group: another assignment protocol is refused with the remedy", async (bench) => {
    const topic = await bench.topic(1);
    const groupId = bench.name("group");
    const first = memberOf(bench, groupId);
    await first.join(shareOut(topic, 1));
    const error = await refusalOf(memberOf(bench, groupId, { protocol: "other" }).join(shareOut(topic, 1)));
    assert.equal(error.code, "CONFIG_INVALID");
    assert.match(error.message, /applicationId/);
    await first.leave();
  });
}

function memberOf(bench: Bench, groupId: string, more: Partial<MemberSettings> = {}): GroupMember {
  return bench.transport().member({
    groupId,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 20_000,
    heartbeatIntervalMs: 300,
    protocol: "conformance",
    ...more,
  });
}

/** Partitions in turn to the members, sorted. */
function shareOut(topic: string, partitions: number): JoinRequest {
  return {
    topics: [topic],
    userData: Buffer.alloc(0),
    assign: async (members) => {
      const ids = members.map((each) => each.memberId).sort();
      const shares = new Map<string, MemberAssignment>();
      ids.forEach((id, index) => {
        const own = Array.from({ length: partitions }, (_, partition) => partition).filter(
          (partition) => partition % ids.length === index,
        );
        shares.set(id, {
          partitions: own.map((partition) => ({ topic, partition })),
          userData: Buffer.alloc(0),
        });
      });
      return shares;
    },
  };
}
