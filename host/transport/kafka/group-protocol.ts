import { PeridotError } from "../../errors.ts";
import type { MemberIdentity, MemberSettings, OffsetToCommit, TopicPartition } from "../port.ts";
import { errorOfAnswer } from "./answer-errors.ts";
import type { Cluster } from "./cluster.ts";
import type { Connection } from "./connection.ts";
import { decideAnswer } from "./decide-answer.ts";
import { decideGroup, type GroupApi, type GroupDecision, type GroupFailure } from "./decide-group.ts";
import { byTopic } from "./partitions.ts";
import type { ResponseOf } from "./protocol/api.ts";
import { kafkaErrorName } from "./protocol/error-codes.ts";

/** Below it, OffsetFetch asks about one group at its top level. */
const OFFSET_FETCH_MIN = 8;
/** Later versions go by topic id. */
const OFFSETS_BY_NAME_MAX = 9;

interface GroupAnswer<Response> {
  readonly response: Response;
  readonly errorCode: number;
  /** Never "retry" or "fail": those are repeated or raised. */
  readonly act: Exclude<GroupDecision["act"], "retry" | "fail">;
}

/** Asks one group's coordinator, wherever it is, and repeats what passes. */
export class GroupProtocol {
  readonly #cluster: Cluster;
  readonly #settings: MemberSettings;

  constructor(cluster: Cluster, settings: MemberSettings) {
    this.#cluster = cluster;
    this.#settings = settings;
  }

  /** `purpose`: another connection for what must not wait behind a join. */
  async coordinator(purpose: "group" | "control" = "group"): Promise<Connection> {
    const { groupId } = this.#settings;
    const nodeId = await this.#cluster.coordinatorOf("group", groupId);
    try {
      return await this.#cluster.connectTo(nodeId, purpose);
    } catch (error) {
      this.forgetCoordinator();
      throw error;
    }
  }

  forgetCoordinator(): void {
    this.#cluster.forgetCoordinator("group", this.#settings.groupId);
  }

  /** `request`: one attempt. Errors: RETRIES_EXHAUSTED, those of GroupFailure. */
  ask<Response extends { readonly errorCode: number }>(
    api: GroupApi,
    request: (connection: Connection) => Promise<Response>,
    { withinMs, purpose }: { readonly withinMs?: number; readonly purpose?: "group" | "control" } = {},
  ): Promise<GroupAnswer<Response>> {
    const attempt = async (): Promise<GroupAnswer<Response>> => {
      const response = await request(await this.coordinator(purpose));
      const { errorCode } = response;
      const { act } = this.#judge(api, errorCode);
      return { response, errorCode, act };
    };
    const what = `${api} of group ${this.#settings.groupId}`;
    return this.#cluster.retry(what, attempt, withinMs === undefined ? {} : { withinMs });
  }

  /** Settled offsets only: UNSTABLE_OFFSET_COMMIT is retriable, and waited for. */
  async committed(partitions: readonly TopicPartition[]): Promise<OffsetToCommit[]> {
    const { groupId } = this.#settings;
    const topics = byTopic(partitions).map(([name, share]) => ({
      name,
      partitionIndexes: share.map((each) => each.partition),
    }));
    const ask = async (connection: Connection) => {
      const answer = await connection.request(
        "OffsetFetch",
        { groups: [{ groupId, topics }], requireStable: true },
        { minVersion: OFFSET_FETCH_MIN, maxVersion: OFFSETS_BY_NAME_MAX },
      );
      const group = answer.groups[0]!;
      return { group, errorCode: group.errorCode || firstCode(group.topics) };
    };
    const { response, act, errorCode } = await this.ask("OffsetFetch", ask);
    if (act !== "proceed") throw this.#refused("OffsetFetch", errorCode);
    return offsetsOf(response.group);
  }

  /** Errors: GENERATION_FENCED, MEMBER_UNKNOWN, INSTANCE_FENCED, RETRIES_EXHAUSTED. */
  async commitOffsets(offsets: readonly OffsetToCommit[], member: MemberIdentity): Promise<void> {
    const body = {
      groupId: member.groupId,
      generationIdOrMemberEpoch: member.generation,
      memberId: member.memberId,
      groupInstanceId: member.instanceId ?? null,
      topics: byTopic(offsets).map(([name, share]) => ({
        name,
        partitions: share.map(({ partition, offset, metadata }) => ({
          partitionIndex: partition,
          committedOffset: offset,
          committedMetadata: metadata,
        })),
      })),
    };
    const ask = async (connection: Connection) => {
      const answer = await connection.request("OffsetCommit", body, { maxVersion: OFFSETS_BY_NAME_MAX });
      return { errorCode: firstCode(answer.topics) };
    };
    const { act, errorCode } = await this.ask("OffsetCommit", ask);
    if (act === "proceed") return;
    const isUnknown = kafkaErrorName(errorCode) === "UNKNOWN_MEMBER_ID";
    throw new PeridotError(isUnknown ? "MEMBER_UNKNOWN" : "GENERATION_FENCED", { ...member });
  }

  /** Raises what does not pass, and what is to be asked again. */
  #judge(api: GroupApi, errorCode: number): { readonly act: GroupAnswer<unknown>["act"] } {
    const decision = decideGroup({ api, errorCode });
    if (decision.act === "fail") throw this.errorOf(decision.as, api, errorCode);
    if (decision.act !== "retry") return decision;
    if (decision.find) this.forgetCoordinator();
    throw new PeridotError("BROKER_BUSY", { api, error: kafkaErrorName(errorCode), detail: "" });
  }

  errorOf(failure: GroupFailure, api: GroupApi, code: number): PeridotError {
    const { groupId, instanceId } = this.#settings;
    if (failure === "INSTANCE_FENCED") return new PeridotError(failure, { groupId, instanceId });
    if (failure === "CONFIG_INVALID") return configError(kafkaErrorName(code), this.#settings);
    return this.#refused(api, code);
  }

  #refused(api: GroupApi, code: number): PeridotError {
    const what = `group ${this.#settings.groupId}`;
    return errorOfAnswer(decideAnswer(code), { api, code, what, message: null });
  }
}

function configError(error: string, { groupId, sessionTimeoutMs, protocol }: MemberSettings): PeridotError {
  if (error === "INVALID_SESSION_TIMEOUT")
    return new PeridotError("CONFIG_INVALID", {
      option: "sessionTimeoutMs",
      problem: `is ${sessionTimeoutMs}, which the brokers do not allow`,
      remedy:
        "Choose one between group.min.session.timeout.ms and group.max.session.timeout.ms of the brokers",
    });
  if (error === "INCONSISTENT_GROUP_PROTOCOL")
    return new PeridotError("CONFIG_INVALID", {
      option: "applicationId",
      problem: `names group ${groupId}, whose other members do not speak the protocol ${protocol}`,
      remedy: "Choose an applicationId that no other application and no consumer group has",
    });
  return new PeridotError("CONFIG_INVALID", {
    option: "applicationId",
    problem: `"${groupId}" is no name for a group (${error})`,
    remedy: "Choose another one",
  });
}

interface TopicCodes {
  readonly partitions: readonly { readonly errorCode: number }[];
}

function firstCode(topics: readonly TopicCodes[]): number {
  for (const { partitions } of topics)
    for (const { errorCode } of partitions) if (errorCode !== 0) return errorCode;
  return 0;
}

function offsetsOf(group: ResponseOf<"OffsetFetch">["groups"][number]): OffsetToCommit[] {
  return group.topics.flatMap(({ name: topic, partitions }) =>
    partitions
      .filter((each) => each.committedOffset >= 0n)
      .map(({ partitionIndex: partition, committedOffset: offset, metadata }) => ({
        topic,
        partition,
        offset,
        metadata: metadata ?? "",
      })),
  );
}
