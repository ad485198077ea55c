import { PeridotError } from "../../errors.ts";
import type {
  GroupMember,
  JoinedGroup,
  JoinRequest,
  MemberAssignment,
  MemberIdentity,
  MemberMetadata,
  MemberSettings,
  OffsetToCommit,
  TopicPartition,
} from "../port.ts";
import type { Cluster } from "./cluster.ts";
import type { Connection } from "./connection.ts";
import { GroupProtocol } from "./group-protocol.ts";
import { Heartbeat } from "./heartbeat.ts";
import { byTopic } from "./partitions.ts";
import type { ResponseOf } from "./protocol/api.ts";
import { decodeVersioned, encodeVersioned } from "./protocol/codec.ts";
import { kafkaErrorName } from "./protocol/error-codes.ts";

/** Kafka's own tools read the members' subscriptions and assignments under this type. */
const PROTOCOL_TYPE = "consumer";
const METADATA_VERSION = 1;
/** The coordinator answers a join when the others have joined, or their time is over: our request waits for longer. */
const JOIN_GRACE_MS = 5_000;
/** JoinGroup 5 and its like (Kafka 2.3) know static members. */
const STATIC_MEMBERS = { minVersion: 5 };
const NOBODY = "";

/**
 *   out -JoinGroup-> joined -SyncGroup-> member;  member -join-> joined;  any -leave, close-> out
 *   a refusal on the way, or a rebalance, leads back to JoinGroup
 */
export class ClassicMember implements GroupMember {
  readonly #cluster: Cluster;
  readonly #settings: MemberSettings;
  readonly #protocol: GroupProtocol;
  #memberId = NOBODY;
  #heartbeat: Heartbeat | undefined;
  /** Rises when a join that is under way is not wanted any more. */
  #departures = 0;

  constructor(cluster: Cluster, settings: MemberSettings) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#protocol = new GroupProtocol(cluster, settings);
  }

  get ended(): Promise<"rebalance" | "lost"> {
    return this.#heartbeat?.ended ?? new Promise(() => {});
  }

  async join(request: JoinRequest): Promise<JoinedGroup> {
    this.#stopHeartbeat();
    const { groupId, rebalanceTimeoutMs, sessionTimeoutMs } = this.#settings;
    const withinMs = 2 * rebalanceTimeoutMs + sessionTimeoutMs + this.#cluster.timeouts.retryMs;
    const startedAt = this.#cluster.clock.now();
    const departures = this.#departures;
    for (let round = 1; ; round++) {
      const outcome = await this.#round(request, withinMs);
      if (departures !== this.#departures) {
        this.#stopHeartbeat();
        throw new PeridotError("CLIENT_CLOSED", { what: `joining group ${groupId}` });
      }
      if (typeof outcome !== "string") return outcome;
      if (this.#cluster.clock.now() - startedAt > withinMs)
        throw new PeridotError("GROUP_UNSETTLED", { groupId, withinMs, last: outcome });
      // A refusal comes at once: without a pause, two that disturb each other would spin.
      if (round > 2) await this.#cluster.pause(Math.min(20 * round, 500));
    }
  }

  committed(partitions: readonly TopicPartition[]): Promise<readonly OffsetToCommit[]> {
    return partitions.length === 0 ? Promise.resolve([]) : this.#protocol.committed(partitions);
  }

  async commitOffsets(offsets: readonly OffsetToCommit[], member: MemberIdentity): Promise<void> {
    if (offsets.length > 0) await this.#protocol.commitOffsets(offsets, member);
  }

  async leave(): Promise<void> {
    this.#stopHeartbeat();
    this.#departures++;
    const { groupId, instanceId } = this.#settings;
    const memberId = this.#memberId;
    this.#memberId = NOBODY;
    if (memberId === NOBODY || instanceId !== undefined) return;
    try {
      const body = { groupId, members: [{ memberId, reason: "the application closes" }] };
      await this.#protocol.ask(
        "LeaveGroup",
        (connection) => connection.request("LeaveGroup", body, { minVersion: 3 }),
        { withinMs: this.#cluster.timeouts.requestMs, purpose: "control" },
      );
    } catch (error) {
      // A coordinator out of reach drops the member when its session ends: there is nothing to wait for.
      if (!(error instanceof PeridotError)) throw error;
    }
  }

  async close(): Promise<void> {
    this.#stopHeartbeat();
    this.#departures++;
  }

  #stopHeartbeat(): void {
    this.#heartbeat?.stop();
  }

  /** @returns the name of the error that calls for another round. */
  async #round(request: JoinRequest, withinMs: number): Promise<JoinedGroup | string> {
    const joined = await this.#protocol.ask("JoinGroup", (to) => this.#askToJoin(to, request), {
      withinMs,
    });
    const { response } = joined;
    if (joined.act === "adopt-member-id") this.#memberId = response.memberId;
    else if (joined.act === "lost") this.#memberId = NOBODY;
    if (joined.act !== "proceed") return kafkaErrorName(joined.errorCode);
    this.#memberId = response.memberId;
    const identity = this.#identityOf(response.generationId);
    const assignments = await this.#lead(response, request);
    const synced = await this.#protocol.ask(
      "SyncGroup",
      (to) => this.#askToSync(to, identity, response.protocolName, assignments),
      { withinMs },
    );
    if (synced.act === "lost" && kafkaErrorName(synced.errorCode) === "UNKNOWN_MEMBER_ID")
      this.#memberId = NOBODY;
    if (synced.act !== "proceed") return kafkaErrorName(synced.errorCode);
    this.#heartbeat = new Heartbeat(this.#cluster, this.#protocol, this.#settings, identity);
    const isLeader = response.leader === response.memberId;
    return { identity, isLeader, ...assignmentOf(synced.response.assignment) };
  }

  #identityOf(generation: number): MemberIdentity {
    const { groupId, instanceId } = this.#settings;
    return { groupId, generation, memberId: this.#memberId, instanceId };
  }

  #askToJoin(connection: Connection, { topics, userData }: JoinRequest): Promise<ResponseOf<"JoinGroup">> {
    const { groupId, sessionTimeoutMs, rebalanceTimeoutMs, instanceId, protocol } = this.#settings;
    const metadata = encodeVersioned("ConsumerProtocolSubscription", METADATA_VERSION, { topics, userData });
    return connection.request(
      "JoinGroup",
      {
        groupId,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        memberId: this.#memberId,
        groupInstanceId: instanceId ?? null,
        protocolType: PROTOCOL_TYPE,
        protocols: [{ name: protocol, metadata }],
      },
      { ...STATIC_MEMBERS, timeoutMs: Math.max(rebalanceTimeoutMs, sessionTimeoutMs) + JOIN_GRACE_MS },
    );
  }

  #askToSync(
    connection: Connection,
    { groupId, generation, memberId, instanceId }: MemberIdentity,
    protocolName: string | null,
    assignments: readonly { memberId: string; assignment: Buffer }[],
  ): Promise<ResponseOf<"SyncGroup">> {
    return connection.request(
      "SyncGroup",
      {
        groupId,
        generationId: generation,
        memberId,
        groupInstanceId: instanceId ?? null,
        protocolType: PROTOCOL_TYPE,
        protocolName,
        assignments,
      },
      // Who has not got its assignment within the session is put out of the group anyway.
      { timeoutMs: Math.min(this.#settings.sessionTimeoutMs, this.#settings.rebalanceTimeoutMs) },
    );
  }

  /** The leader's part. A static leader that came back may be told to leave the assignment as it is (KIP-814). */
  async #lead(
    joined: ResponseOf<"JoinGroup">,
    request: JoinRequest,
  ): Promise<{ memberId: string; assignment: Buffer }[]> {
    if (joined.leader !== joined.memberId || joined.skipAssignment) return [];
    const assigned = await request.assign(joined.members.map(metadataOf));
    return joined.members.map(({ memberId }) => ({ memberId, assignment: bytesOf(assigned.get(memberId)) }));
  }
}

function metadataOf(member: ResponseOf<"JoinGroup">["members"][number]): MemberMetadata {
  const { topics, userData } = decodeVersioned("ConsumerProtocolSubscription", member.metadata);
  return {
    memberId: member.memberId,
    instanceId: member.groupInstanceId ?? undefined,
    topics,
    userData: userData ?? Buffer.alloc(0),
  };
}

function bytesOf(assignment: MemberAssignment | undefined): Buffer {
  const { partitions, userData } = assignment ?? { partitions: [], userData: Buffer.alloc(0) };
  const assignedPartitions = byTopic(partitions).map(([topic, share]) => ({
    topic,
    partitions: share.map((each) => each.partition),
  }));
  return encodeVersioned("ConsumerProtocolAssignment", METADATA_VERSION, { assignedPartitions, userData });
}

/** A member that the leader left out gets no bytes at all. */
function assignmentOf(bytes: Buffer): MemberAssignment {
  if (bytes.length === 0) return { partitions: [], userData: Buffer.alloc(0) };
  const { assignedPartitions, userData } = decodeVersioned("ConsumerProtocolAssignment", bytes);
  const partitions = assignedPartitions.flatMap(({ topic, partitions: share }) =>
    share.map((partition) => ({ topic, partition })),
  );
  return { partitions, userData: userData ?? Buffer.alloc(0) };
}
