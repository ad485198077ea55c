import type { ReceivedRequest, ResponseToSend } from "../kafka/protocol/api.ts";
import { decodeVersioned } from "../kafka/protocol/codec.ts";
import type { Group } from "./group.ts";
import { failedJoin, failedSync } from "./group-member.ts";
import type { Call } from "./request-call.ts";
import { CODE } from "./response-codes.ts";

/** SyncGroup from this version on must name the protocol (KIP-559). */
const PROTOCOL_NAMED_FROM = 5;
/** DescribeGroups from this version on tells that a group is not there; older ones call it dead. */
const GROUP_ID_NOT_FOUND_FROM = 6;

export function handleJoinGroup(
  request: ReceivedRequest<"JoinGroup">,
  call: Call,
): ResponseToSend<"JoinGroup"> | Promise<ResponseToSend<"JoinGroup">> {
  const code = coordinatorCode(request.groupId, call);
  if (code !== CODE.NONE) return failedJoin(code, request.memberId);
  return call.cluster.groups.join(request, call.version, call.clientId);
}

export function handleSyncGroup(
  request: ReceivedRequest<"SyncGroup">,
  call: Call,
): ResponseToSend<"SyncGroup"> | Promise<ResponseToSend<"SyncGroup">> {
  const code = coordinatorCode(request.groupId, call);
  if (code !== CODE.NONE) return failedSync(code);
  const isNamed = request.protocolType !== null && request.protocolName !== null;
  if (call.version >= PROTOCOL_NAMED_FROM && !isNamed) return failedSync(CODE.INCONSISTENT_GROUP_PROTOCOL);
  return call.cluster.groups.sync(request);
}

export function handleHeartbeat(
  request: ReceivedRequest<"Heartbeat">,
  call: Call,
): ResponseToSend<"Heartbeat"> {
  const code = coordinatorCode(request.groupId, call);
  return { errorCode: code === CODE.NONE ? call.cluster.groups.heartbeat(request) : code };
}

export function handleLeaveGroup(
  request: ReceivedRequest<"LeaveGroup">,
  call: Call,
): ResponseToSend<"LeaveGroup"> {
  const errorCode = coordinatorCode(request.groupId, call);
  return errorCode === CODE.NONE ? call.cluster.groups.leave(request, call.version) : { errorCode };
}

export function handleDescribeGroups(
  request: ReceivedRequest<"DescribeGroups">,
  call: Call,
): ResponseToSend<"DescribeGroups"> {
  const groups = request.groups.map((groupId) => {
    const code = coordinatorCode(groupId, call);
    const group = call.cluster.groups.get(groupId);
    const empty = { groupId, groupState: "", protocolType: "", protocolData: "", members: [] };
    if (code !== CODE.NONE) return { ...empty, errorCode: code };
    if (group === undefined) {
      const isTold = call.version >= GROUP_ID_NOT_FOUND_FROM;
      return { ...empty, groupState: "Dead", errorCode: isTold ? CODE.GROUP_ID_NOT_FOUND : CODE.NONE };
    }
    return describe(group);
  });
  return { groups };
}

function describe(group: Group): ResponseToSend<"DescribeGroups">["groups"][number] {
  const isStable = group.state === "Stable";
  return {
    errorCode: CODE.NONE,
    groupId: group.groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? "",
    protocolData: isStable ? (group.protocolName ?? "") : "",
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: "/embedded",
      memberMetadata:
        (isStable && member.protocols.find(({ name }) => name === group.protocolName)?.metadata) ||
        Buffer.alloc(0),
      memberAssignment: isStable ? member.assignment : Buffer.alloc(0),
    })),
  };
}

/** Only the groups that this broker coordinates. */
export function handleListGroups(
  request: ReceivedRequest<"ListGroups">,
  call: Call,
): ResponseToSend<"ListGroups"> {
  const wants = (filter: readonly string[], value: string) =>
    filter.length === 0 || filter.some((wanted) => wanted.toLowerCase() === value.toLowerCase());
  const groups = [...call.cluster.groups.all()]
    .filter(({ groupId }) => coordinatorCode(groupId, call) === CODE.NONE)
    .filter(({ state }) => wants(request.statesFilter, state) && wants(request.typesFilter, "classic"))
    .map(({ groupId, protocolType, state }) => ({
      groupId,
      protocolType: protocolType ?? "",
      groupState: state,
      groupType: "classic",
    }));
  return { errorCode: CODE.NONE, groups };
}

export function handleDeleteGroups(
  request: ReceivedRequest<"DeleteGroups">,
  call: Call,
): ResponseToSend<"DeleteGroups"> {
  const results = request.groupsNames.map((groupId) => {
    const { groups } = call.cluster;
    const offsets = call.cluster.offsetsOf(groupId);
    const group = groups.get(groupId);
    let errorCode = coordinatorCode(groupId, call);
    if (errorCode === CODE.NONE && group === undefined && offsets.of(groupId).size === 0) {
      errorCode = CODE.GROUP_ID_NOT_FOUND;
    }
    if (errorCode === CODE.NONE && group !== undefined && group.state !== "Empty")
      errorCode = CODE.NON_EMPTY_GROUP;
    if (errorCode === CODE.NONE) {
      groups.delete(groupId);
      offsets.deleteGroup(groupId);
    }
    return { groupId, errorCode };
  });
  return { throttleTimeMs: 0, results };
}

/** A group that reads a topic keeps its offsets (Kafka: OffsetMetadataManager.deleteOffsets). */
export function handleOffsetDelete(
  request: ReceivedRequest<"OffsetDelete">,
  call: Call,
): ResponseToSend<"OffsetDelete"> {
  const { groupId } = request;
  const errorCode = coordinatorCode(groupId, call);
  if (errorCode !== CODE.NONE) return { errorCode, topics: [] };
  const group = call.cluster.groups.get(groupId);
  const offsets = call.cluster.offsetsOf(groupId);
  if (group === undefined && offsets.of(groupId).size === 0)
    return { errorCode: CODE.GROUP_ID_NOT_FOUND, topics: [] };
  const subscribed = group === undefined ? new Set<string>() : subscriptionsOf(group);
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => {
      if (subscribed.has(name)) return { partitionIndex, errorCode: CODE.GROUP_SUBSCRIBED_TO_TOPIC };
      offsets.deleteOffset(groupId, `${name}-${partitionIndex}`);
      return { partitionIndex, errorCode: CODE.NONE };
    }),
  }));
  return { errorCode: CODE.NONE, topics };
}

/** The topics that the members say they read, where they speak the consumers' protocol. */
function subscriptionsOf(group: Group): Set<string> {
  const topics = new Set<string>();
  if (group.protocolType !== "consumer") return topics;
  for (const { protocols } of group.members.values()) {
    for (const { metadata } of protocols) {
      for (const topic of decodeVersioned("ConsumerProtocolSubscription", metadata).topics) topics.add(topic);
    }
  }
  return topics;
}

function coordinatorCode(groupId: string, { cluster, node }: Call): number {
  return cluster.coordinatorCode("group", groupId, node);
}
