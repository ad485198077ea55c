import { sleep, systemClock } from "../../host/clock.ts";
import type { RequestOf } from "../../host/transport/kafka/protocol/api.ts";
import { kafkaErrorName } from "../../host/transport/kafka/protocol/error-codes.ts";
import { type Asker, RETRY_MS } from "./asker.ts";

/** Groups of the classic protocol, dynamic and static members. */
export class GroupQuestions {
  readonly #asker: Asker;

  constructor(asker: Asker) {
    this.#asker = asker;
  }

  async ask(): Promise<void> {
    await this.#groups();
  }

  async #groups(): Promise<void> {
    await this.#asker.untilGroup("g");
    const other = await this.#asker.connect();
    const joinBody = (
      memberId: string,
      more: Partial<RequestOf<"JoinGroup">> = {},
    ): RequestOf<"JoinGroup"> => ({
      groupId: "g",
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      memberId,
      protocolType: "consumer",
      protocols: [{ name: "p", metadata: Buffer.alloc(0) }],
      ...more,
    });
    const join = async (what: string, memberId: string, more?: Partial<RequestOf<"JoinGroup">>) => {
      const answer = await this.#asker.ask("JoinGroup", joinBody(memberId, more));
      this.#asker.note(
        `join ${what}`,
        answer.errorCode,
        answer.generationId,
        answer.members.length,
        answer.skipAssignment,
      );
      return answer;
    };
    await join("without a name", "", { groupId: "" });
    await join("with a short session", "", { sessionTimeoutMs: 10 });
    await join("as somebody unknown", "made-up");
    await join("without protocols", "", { protocols: [] });
    const { memberId } = await join("for the first time", "");
    const { generationId } = await join("with the id", memberId);
    const foreign = [{ name: "q", metadata: Buffer.alloc(0) }];
    await join("speaking otherwise", "", { protocols: foreign });
    await this.#sync("while wrong", memberId, generationId + 1);
    await this.#sync("as nobody", "made-up", generationId);
    await this.#commit("before the assignment", memberId, generationId);
    await this.#sync("as leader", memberId, generationId, "mine");
    await this.#sync("again", memberId, generationId);
    await this.#beat("as ever", memberId, generationId);
    await this.#beat("in an old generation", memberId, generationId - 1);
    await this.#beat("as nobody", "made-up", generationId);
    await this.#beat("as a static member", memberId, generationId, "i");
    await this.#beat("of no group", memberId, generationId, null, "no-group");
    await this.#commit("as ever", memberId, generationId);
    await this.#commit("in an old generation", memberId, generationId - 1);
    await this.#commit("as nobody", "made-up", generationId);
    await this.#commit("from outside", "", -1);
    await this.#commit("of no group", memberId, generationId, "no-group");
    await this.#commit("of no group, version 8", memberId, generationId, "no-group", 8);
    await this.#commit("of a new group from outside", "", -1, "outside");

    const joining = other.request("JoinGroup", joinBody("", { groupInstanceId: "i1" }));
    await this.#untilRebalance(memberId, generationId);
    await this.#sync("during a rebalance", memberId, generationId);
    await this.#commit("during a rebalance", memberId, generationId);
    const again = await join("again", memberId);
    const static1 = await joining;
    this.#asker.note(
      "the static member joined",
      static1.errorCode,
      static1.generationId,
      static1.members.length,
    );
    const assigned = { [memberId]: "mine", [static1.memberId]: "static" };
    const waiting = other.request("SyncGroup", {
      groupId: "g",
      generationId: again.generationId,
      memberId: static1.memberId,
      groupInstanceId: "i1",
      protocolType: "consumer",
      protocolName: "p",
      assignments: [],
    });
    await this.#sync("as leader of two", memberId, again.generationId, "mine", assigned);
    this.#asker.note("the static member's share", (await waiting).assignment.toString());
    const back = await join("of the static member, back again", "", { groupInstanceId: "i1" });
    await this.#beat("of its old life", static1.memberId, again.generationId, "i1");
    await this.#beat("of its new life", back.memberId, again.generationId, "i1");
    await this.#beat("of the other, undisturbed", memberId, again.generationId);
    await this.#leave("nobody", "made-up", null);
    await this.#leave("the static one by its name", "", "i1");
    await this.#leave("the last", memberId, null);
    await this.#leave("the last again", memberId, null);
    await this.#commit("from outside, now that it is empty", "", -1);
    await this.#beat("of an empty group", memberId, again.generationId);
    other.close();
  }

  async #untilRebalance(memberId: string, generationId: number): Promise<void> {
    for (;;) {
      const answer = await this.#asker.ask("Heartbeat", { groupId: "g", memberId, generationId });
      if (kafkaErrorName(answer.errorCode) === "REBALANCE_IN_PROGRESS") return;
      await sleep(systemClock, RETRY_MS);
    }
  }

  async #sync(
    what: string,
    memberId: string,
    generationId: number,
    own?: string,
    shares: Readonly<Record<string, string>> = own === undefined ? {} : { [memberId]: own },
  ): Promise<void> {
    const assignments = Object.entries(shares).map(([id, share]) => ({
      memberId: id,
      assignment: Buffer.from(share),
    }));
    const answer = await this.#asker.ask("SyncGroup", {
      groupId: "g",
      generationId,
      memberId,
      protocolType: "consumer",
      protocolName: "p",
      assignments,
    });
    this.#asker.note(`sync ${what}`, answer.errorCode, answer.assignment.toString());
  }

  async #beat(
    what: string,
    memberId: string,
    generationId: number,
    groupInstanceId: string | null = null,
    groupId = "g",
  ): Promise<void> {
    const answer = await this.#asker.ask("Heartbeat", { groupId, memberId, generationId, groupInstanceId });
    this.#asker.note(`heartbeat ${what}`, answer.errorCode);
  }

  async #commit(
    what: string,
    memberId: string,
    generation: number,
    groupId = "g",
    version = 9,
  ): Promise<void> {
    await this.#asker.untilGroup(groupId);
    const partitions = [{ partitionIndex: 0, committedOffset: 1n, committedMetadata: "" }];
    const topics = [{ name: "t", partitions }];
    const body = { groupId, generationIdOrMemberEpoch: generation, memberId, topics };
    const answer = await this.#asker.ask("OffsetCommit", body, version);
    this.#asker.note(`commit ${what}`, answer.topics[0]!.partitions[0]!.errorCode);
  }

  async #leave(what: string, memberId: string, groupInstanceId: string | null): Promise<void> {
    const answer = await this.#asker.ask("LeaveGroup", {
      groupId: "g",
      members: [{ memberId, groupInstanceId }],
    });
    this.#asker.note(`leave ${what}`, answer.errorCode, kafkaErrorName(answer.members[0]?.errorCode ?? 0));
  }
}
