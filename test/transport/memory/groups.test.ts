import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { RequestOf, ResponseOf } from "../../../host/transport/kafka/protocol/api.ts";
import { codeOf } from "../../../host/transport/kafka/protocol/error-codes.ts";
import { type Client, NONE, Scene } from "./scene.ts";

const UNKNOWN_MEMBER = codeOf("UNKNOWN_MEMBER_ID");
const ILLEGAL_GENERATION = codeOf("ILLEGAL_GENERATION");
const REBALANCE = codeOf("REBALANCE_IN_PROGRESS");
const FENCED_INSTANCE = codeOf("FENCED_INSTANCE_ID");

const SESSION_MS = 10_000;
const REBALANCE_MS = 30_000;

/** One member with a connection of its own, as joins block a connection. */
class Participant {
  readonly #scene: Scene;
  readonly client: Client;
  readonly instanceId: string | null;
  memberId = "";
  generation = -1;

  private constructor(scene: Scene, client: Client, instanceId: string | null) {
    this.#scene = scene;
    this.client = client;
    this.instanceId = instanceId;
  }

  static async of(scene: Scene, instanceId: string | null = null): Promise<Participant> {
    return new Participant(scene, await scene.connect(), instanceId);
  }

  request(metadata = "m"): RequestOf<"JoinGroup"> {
    return {
      groupId: "g",
      sessionTimeoutMs: SESSION_MS,
      rebalanceTimeoutMs: REBALANCE_MS,
      memberId: this.memberId,
      groupInstanceId: this.instanceId,
      protocolType: "consumer",
      protocols: [{ name: "p", metadata: Buffer.from(metadata) }],
    };
  }

  /** Sends JoinGroup; the answer comes when the group is complete. A dynamic member gets its id first. */
  async join(metadata?: string): Promise<ResponseOf<"JoinGroup">> {
    let answer = await this.client.send("JoinGroup", this.request(metadata));
    if (answer.errorCode === codeOf("MEMBER_ID_REQUIRED")) {
      this.memberId = answer.memberId;
      answer = await this.client.send("JoinGroup", this.request(metadata));
    }
    if (answer.errorCode === NONE) {
      this.memberId = answer.memberId;
      this.generation = answer.generationId;
    }
    return answer;
  }

  sync(assignments: Readonly<Record<string, string>> = {}): Promise<ResponseOf<"SyncGroup">> {
    return this.client.send("SyncGroup", {
      groupId: "g",
      generationId: this.generation,
      memberId: this.memberId,
      groupInstanceId: this.instanceId,
      protocolType: "consumer",
      protocolName: "p",
      assignments: Object.entries(assignments).map(([memberId, assignment]) => ({
        memberId,
        assignment: Buffer.from(assignment),
      })),
    });
  }

  async heartbeat(): Promise<number> {
    const { groupId, memberId, groupInstanceId } = this.request();
    const generationId = this.generation;
    const body = { groupId, memberId, groupInstanceId, generationId };
    return (await this.client.ask("Heartbeat", body)).errorCode;
  }

  async commit(offset: bigint, generation = this.generation, maxVersion = 9): Promise<number> {
    const answer = await this.client.ask(
      "OffsetCommit",
      {
        groupId: "g",
        generationIdOrMemberEpoch: generation,
        memberId: this.memberId,
        groupInstanceId: this.instanceId,
        topics: [
          { name: "t", partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: "" }] },
        ],
      },
      { maxVersion },
    );
    return answer.topics[0]!.partitions[0]!.errorCode;
  }

  async leave(): Promise<number> {
    const answer = await this.client.ask("LeaveGroup", {
      groupId: "g",
      members: [{ memberId: this.memberId, groupInstanceId: this.instanceId }],
    });
    return answer.members[0]!.errorCode;
  }

  run<T>(promise: Promise<T>): Promise<T> {
    return this.#scene.clock.runFor(promise);
  }
}

/** All join together, the leader assigns "for <index>" to each. */
async function settle(scene: Scene, ...members: Participant[]): Promise<string[]> {
  const joined = await scene.clock.runFor(Promise.all(members.map((member) => member.join())));
  assert.deepEqual(
    joined.map(({ errorCode }) => errorCode),
    members.map(() => NONE),
  );
  const plan = Object.fromEntries(members.map(({ memberId }, index) => [memberId, `for ${index}`]));
  const isLeader = (member: Participant) => joined[0]!.leader === member.memberId;
  const synced = await scene.clock.runFor(
    Promise.all(members.map((member) => member.sync(isLeader(member) ? plan : {}))),
  );
  return synced.map(({ assignment }) => assignment.toString());
}

function newScene(settings: ConstructorParameters<typeof Scene>[0] = {}): Scene {
  const scene = new Scene(settings);
  scene.broker.createTopic("t");
  return scene;
}

suite("groups", () => {
  test("members join, the leader assigns, heartbeats tell of a rebalance", async () => {
    const scene = newScene();
    const first = await Participant.of(scene);
    const second = await Participant.of(scene);
    assert.deepEqual(await settle(scene, first, second), ["for 0", "for 1"]);
    assert.equal(first.generation, second.generation);
    assert.equal(await first.heartbeat(), NONE);
    const third = await Participant.of(scene);
    const joining = third.join();
    await scene.clock.advance(1);
    assert.equal(await first.heartbeat(), REBALANCE);
    assert.equal(await first.commit(3n), NONE, "what is revoked may be committed before the rejoin");
    const rejoined = [first.join(), second.join(), joining];
    const answers = await scene.clock.runFor(Promise.all(rejoined));
    assert.deepEqual(new Set(answers.map(({ generationId }) => generationId)), new Set([2]));
    const leader = answers.find(({ members }) => members.length > 0)!;
    assert.deepEqual(
      new Set(leader.members.map(({ memberId }) => memberId)),
      new Set([first, second, third].map(({ memberId }) => memberId)),
    );
    assert.equal(await first.commit(4n), REBALANCE, "while assignments are missing");
  });

  test("a member that does not rejoin is dropped at the rebalance timeout", async () => {
    const scene = newScene();
    const slow = await Participant.of(scene);
    const quick = await Participant.of(scene);
    await settle(scene, slow, quick);
    const began = scene.clock.now();
    const rejoining = quick.join("changed");
    let waits = true;
    // Its session goes on, by heartbeats; only its join is missing.
    const beat = () => {
      if (!waits) return;
      slow.client.send("Heartbeat", {
        groupId: "g",
        memberId: slow.memberId,
        generationId: slow.generation,
      });
      scene.clock.timer(3000, beat);
    };
    beat();
    const answer = await quick.run(rejoining);
    waits = false;
    assert.equal(scene.clock.now() - began, REBALANCE_MS);
    assert.equal(answer.members.length, 1);
    assert.equal(await slow.heartbeat(), UNKNOWN_MEMBER);
    assert.equal(await slow.commit(1n), UNKNOWN_MEMBER);
  });

  test("a session without heartbeats ends, and the others rebalance", async () => {
    const scene = newScene();
    const dead = await Participant.of(scene);
    const alive = await Participant.of(scene);
    await settle(scene, dead, alive);
    for (let beats = 0; beats < 3; beats++) {
      await scene.clock.advance(3000);
      assert.equal(await alive.heartbeat(), NONE);
    }
    await scene.clock.advance(1001);
    assert.equal(await alive.heartbeat(), REBALANCE);
    assert.equal((await alive.run(alive.join())).generationId, 2);
    assert.equal(await dead.heartbeat(), UNKNOWN_MEMBER);
  });

  test("commits are checked for member and generation", async () => {
    const scene = newScene();
    const member = await Participant.of(scene);
    await settle(scene, member);
    assert.equal(await member.commit(1n), NONE);
    assert.equal(await member.commit(2n, member.generation - 1), ILLEGAL_GENERATION);
    const outsider = await Participant.of(scene);
    assert.equal(await outsider.commit(2n), UNKNOWN_MEMBER);
    assert.equal(scene.broker.committedOffsets("g").get("t-0")!.offset, 1n);
    assert.equal(await member.leave(), NONE);
    assert.equal(await outsider.commit(9n), NONE, "an empty group takes commits from outside");
    assert.equal(await member.commit(3n), UNKNOWN_MEMBER);
  });

  test("transactional commits are checked in the same way", async () => {
    const scene = newScene();
    const member = await Participant.of(scene);
    await settle(scene, member);
    const { client } = member;
    const { producerId, producerEpoch } = await client.ask("InitProducerId", {
      transactionalId: "x",
      transactionTimeoutMs: 60_000,
    });
    const commit = async (generationId: number, memberId: string, groupInstanceId: string | null = null) => {
      const answer = await client.ask("TxnOffsetCommit", {
        transactionalId: "x",
        groupId: "g",
        producerId,
        producerEpoch,
        generationId,
        memberId,
        groupInstanceId,
        topics: [
          { name: "t", partitions: [{ partitionIndex: 0, committedOffset: 1n, committedMetadata: "" }] },
        ],
      });
      return answer.topics[0]!.partitions[0]!.errorCode;
    };
    assert.equal(await commit(member.generation - 1, member.memberId), ILLEGAL_GENERATION);
    assert.equal(await commit(member.generation, "somebody"), UNKNOWN_MEMBER);
    assert.equal(await commit(member.generation, member.memberId, "static"), UNKNOWN_MEMBER);
    assert.equal(await commit(member.generation, member.memberId), NONE);
    assert.equal(await commit(-1, ""), NONE, "without an identity nothing is checked, as in Kafka");
    assert.deepEqual([...scene.broker.committedOffsets("g")], []);
  });

  test("a static member comes back under a new id without a rebalance, and its double is fenced", async () => {
    const scene = newScene();
    const original = await Participant.of(scene, "i1");
    const other = await Participant.of(scene, "i2");
    await settle(scene, original, other);
    const returned = await Participant.of(scene, "i1");
    const answer = await returned.run(returned.join());
    assert.equal(answer.generationId, original.generation);
    assert.notEqual(returned.memberId, original.memberId);
    assert.equal((await returned.run(returned.sync())).assignment.toString(), "for 0");
    assert.equal(await other.heartbeat(), NONE);
    assert.equal(await original.heartbeat(), FENCED_INSTANCE);
    assert.equal(await original.commit(1n), FENCED_INSTANCE);
    assert.equal((await original.run(original.join())).errorCode, FENCED_INSTANCE);
    assert.equal(answer.skipAssignment, true, "a returning leader has nothing to assign (KIP-814)");
  });

  test("a static member keeps its place until its session ends", async () => {
    const scene = newScene();
    const away = await Participant.of(scene, "i1");
    const here = await Participant.of(scene, "i2");
    await settle(scene, away, here);
    await scene.clock.advance(SESSION_MS - 1);
    assert.equal(await here.heartbeat(), NONE);
    await scene.clock.advance(2);
    assert.equal(await here.heartbeat(), REBALANCE);
  });

  test("a generation that nobody assigns: those who do not sync are dropped", async () => {
    const scene = newScene();
    const leader = await Participant.of(scene);
    const follower = await Participant.of(scene);
    const joined = await scene.clock.runFor(Promise.all([leader.join(), follower.join()]));
    const [absent, present] = joined[0]!.leader === leader.memberId ? [leader, follower] : [follower, leader];
    const synced = await present.run(present.sync());
    assert.equal(synced.errorCode, REBALANCE);
    assert.equal(await absent.heartbeat(), UNKNOWN_MEMBER);
  });

  test("members that speak nothing in common are refused, and so are odd sessions and names", async () => {
    const scene = newScene();
    const member = await Participant.of(scene);
    await settle(scene, member);
    const { client } = await Participant.of(scene);
    const code = async (change: Partial<RequestOf<"JoinGroup">>) =>
      (await client.ask("JoinGroup", { ...member.request(), memberId: "", ...change })).errorCode;
    const foreign = [{ name: "q", metadata: Buffer.alloc(0) }];
    assert.equal(await code({ protocols: foreign }), codeOf("INCONSISTENT_GROUP_PROTOCOL"));
    assert.equal(await code({ sessionTimeoutMs: 5999 }), codeOf("INVALID_SESSION_TIMEOUT"));
    assert.equal(await code({ groupId: "" }), codeOf("INVALID_GROUP_ID"));
    assert.equal(await code({ memberId: "made-up" }), UNKNOWN_MEMBER);
  });

  test("the first rebalance waits for members that start together", async () => {
    const scene = newScene({ initialRebalanceDelayMs: 500 });
    const members = await Promise.all([Participant.of(scene), Participant.of(scene)].map(async (m) => m));
    const began = scene.clock.now();
    const first = members[0]!.join();
    await scene.clock.advance(300);
    const both = await scene.clock.runFor(Promise.all([first, members[1]!.join()]));
    assert.deepEqual(
      both.map(({ generationId }) => generationId),
      [1, 1],
    );
    assert.equal(scene.clock.now() - began, 1000);
  });

  test("a moved coordinator knows the last complete generation, and nobody who waited", async () => {
    const scene = newScene();
    const member = await Participant.of(scene);
    await settle(scene, member);
    const newcomer = await Participant.of(scene);
    const joining = newcomer.join();
    await scene.clock.advance(1);
    assert.equal(await member.heartbeat(), REBALANCE);
    scene.broker.faults.moveCoordinator("group", "g", { loadingMs: 100 });
    assert.equal((await newcomer.run(joining)).errorCode, codeOf("NOT_COORDINATOR"));
    assert.equal(await member.heartbeat(), codeOf("COORDINATOR_LOAD_IN_PROGRESS"));
    await scene.clock.advance(100);
    assert.equal(await member.heartbeat(), NONE);
    assert.equal(await member.commit(1n), NONE);
    assert.equal(await newcomer.heartbeat(), UNKNOWN_MEMBER);
  });

  test("groups are listed, described, and deleted when they are empty", async () => {
    const scene = newScene();
    const member = await Participant.of(scene);
    await settle(scene, member);
    await member.commit(5n);
    const { client } = await Participant.of(scene);
    const listed = await client.ask("ListGroups", {});
    assert.deepEqual(
      listed.groups.map(({ groupId, groupState }) => [groupId, groupState]),
      [["g", "Stable"]],
    );
    const described = await client.ask("DescribeGroups", { groups: ["g", "none"] });
    assert.equal(described.groups[0]!.members[0]!.memberAssignment.toString(), "for 0");
    assert.equal(described.groups[1]!.errorCode, codeOf("GROUP_ID_NOT_FOUND"));
    const remove = async () =>
      (await client.ask("DeleteGroups", { groupsNames: ["g"] })).results[0]!.errorCode;
    assert.equal(await remove(), codeOf("NON_EMPTY_GROUP"));
    await member.leave();
    assert.equal(await remove(), NONE);
    assert.equal(scene.broker.committedOffsets("g").size, 0);
    assert.equal(await remove(), codeOf("GROUP_ID_NOT_FOUND"));
  });

  test("a commit to a group that is gone is told by what its version knows", async () => {
    const scene = newScene();
    const member = await Participant.of(scene);
    member.memberId = "m";
    assert.equal(await member.commit(1n, 4, 9), codeOf("GROUP_ID_NOT_FOUND"));
    assert.equal(await member.commit(1n, 4, 8), ILLEGAL_GENERATION);
  });
});
