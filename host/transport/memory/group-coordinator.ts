import type { Clock } from "../../clock.ts";
import type { ReceivedRequest, ResponseToSend } from "../kafka/protocol/api.ts";
import { Group } from "./group.ts";
import {
  answerJoin,
  answerSync,
  failedJoin,
  failedSync,
  type JoinAnswer,
  type Member,
  newMember,
  type SyncAnswer,
  sameProtocols,
  updateMember,
} from "./group-member.ts";
import { CODE } from "./response-codes.ts";

/** Kafka: classicGroupNewMemberJoinTimeoutMs. */
const NEW_MEMBER_JOIN_TIMEOUT_MS = 300_000;
/** JoinGroup from this version on wants members to join under an id they were given (KIP-394). */
const MEMBER_ID_REQUIRED_FROM = 4;
/** JoinGroup from this version on can tell a returning static leader to assign nothing (KIP-814). */
const SKIP_ASSIGNMENT_FROM = 9;

export interface GroupSurroundings {
  readonly clock: Clock;
  /** group.initial.rebalance.delay.ms */
  readonly initialRebalanceDelayMs: number;
  readonly sessionTimeoutMsMin: number;
  readonly sessionTimeoutMsMax: number;
  newMemberId(prefix: string): string;
}

type JoinRequest = ReceivedRequest<"JoinGroup">;

/**
 * The coordinator of groups of the classic protocol. Read from Kafka's GroupMetadataManager.java (classicGroupJoin…,
 * updateStaticMemberThenRebalanceOrCompleteJoin, prepareRebalance, completeClassicGroupJoin, classicGroupSync…,
 * classicGroupHeartbeat…, classicGroupLeave…, expireClassicGroupMemberHeartbeat, expirePendingSync).
 */
export class GroupCoordinator {
  readonly #surroundings: GroupSurroundings;
  readonly #groups = new Map<string, Group>();

  constructor(surroundings: GroupSurroundings) {
    this.#surroundings = surroundings;
  }

  get(groupId: string): Group | undefined {
    return this.#groups.get(groupId);
  }

  all(): Iterable<Group> {
    return this.#groups.values();
  }

  /** A group without members, for commits from outside of group management. */
  getOrCreate(groupId: string): Group {
    let group = this.#groups.get(groupId);
    if (group === undefined) this.#groups.set(groupId, (group = new Group(groupId)));
    return group;
  }

  delete(groupId: string): void {
    this.#groups.delete(groupId);
  }

  join(request: JoinRequest, version: number, clientId: string): Promise<JoinAnswer> {
    const { groupId, memberId, sessionTimeoutMs } = request;
    const { sessionTimeoutMsMin, sessionTimeoutMsMax } = this.#surroundings;
    if (groupId === "") return Promise.resolve(failedJoin(CODE.INVALID_GROUP_ID, memberId));
    if (sessionTimeoutMs < sessionTimeoutMsMin || sessionTimeoutMs > sessionTimeoutMsMax) {
      return Promise.resolve(failedJoin(CODE.INVALID_SESSION_TIMEOUT, memberId));
    }
    const group = memberId === "" ? this.getOrCreate(groupId) : this.#groups.get(groupId);
    if (group === undefined) return Promise.resolve(failedJoin(CODE.UNKNOWN_MEMBER_ID, memberId));
    if (!group.supports(request.protocolType, request.protocols)) {
      return Promise.resolve(failedJoin(CODE.INCONSISTENT_GROUP_PROTOCOL, memberId));
    }
    return new Promise((resolve) => {
      if (memberId === "") this.#joinNew(group, request, version, clientId, resolve);
      else this.#joinKnown(group, request, clientId, resolve);
    });
  }

  sync(request: ReceivedRequest<"SyncGroup">): Promise<SyncAnswer> {
    const group = this.#groups.get(request.groupId);
    if (group === undefined) return Promise.resolve(failedSync(CODE.UNKNOWN_MEMBER_ID));
    const code = group.validateSync(request);
    if (code !== CODE.NONE) return Promise.resolve(failedSync(code));
    const member = group.members.get(request.memberId)!;
    if (group.state === "Stable") {
      this.#noteSync(group, member.memberId);
      return Promise.resolve(group.syncAnswerFor(member));
    }
    return new Promise((resolve) => {
      member.answerSync = resolve;
      this.#noteSync(group, member.memberId);
      if (group.leader === member.memberId) this.#assign(group, request);
    });
  }

  /** Returns an error code. */
  heartbeat(request: ReceivedRequest<"Heartbeat">): number {
    const group = this.#groups.get(request.groupId);
    if (group === undefined) return CODE.UNKNOWN_MEMBER_ID;
    const code = group.validate(request.memberId, request.groupInstanceId);
    if (code !== CODE.NONE) return code;
    if (request.generationId !== group.generation) return CODE.ILLEGAL_GENERATION;
    if (group.state === "Empty") return CODE.UNKNOWN_MEMBER_ID;
    this.#keepAlive(group, group.members.get(request.memberId)!);
    return group.state === "PreparingRebalance" ? CODE.REBALANCE_IN_PROGRESS : CODE.NONE;
  }

  /** An offset commit keeps a member alive, in these states (Kafka: OffsetMetadataManager.commitOffset). */
  noteCommit(group: Group, memberId: string): void {
    const member = group.members.get(memberId);
    if (member === undefined || group.state === "CompletingRebalance") return;
    this.#keepAlive(group, member);
  }

  leave(request: ReceivedRequest<"LeaveGroup">, version: number): ResponseToSend<"LeaveGroup"> {
    const group = this.#groups.get(request.groupId);
    const leaving = version < 3 ? [{ memberId: request.memberId, groupInstanceId: null }] : request.members;
    if (group === undefined) {
      if (version < 3) return { errorCode: CODE.UNKNOWN_MEMBER_ID };
      const members = leaving.map(({ memberId, groupInstanceId }) => ({
        memberId,
        groupInstanceId,
        errorCode: CODE.UNKNOWN_MEMBER_ID,
      }));
      return { errorCode: CODE.NONE, members };
    }
    const members = leaving.map(({ memberId, groupInstanceId }) => ({
      memberId,
      groupInstanceId,
      errorCode: this.#leaveOne(group, memberId, groupInstanceId),
    }));
    if (members.some(({ errorCode }) => errorCode === CODE.NONE)) this.#rebalanceOrComplete(group);
    return version < 3 ? { errorCode: members[0]!.errorCode } : { errorCode: CODE.NONE, members };
  }

  /**
   * Another broker coordinates these groups from now on. It knows what the log says: the last complete generation.
   * Whoever waits here is told to look for it (Kafka: unloadClassicGroup, onLoaded).
   */
  reload(isMoved: (groupId: string) => boolean): void {
    for (const [groupId, group] of this.#groups) {
      if (!isMoved(groupId)) continue;
      group.joinTimer?.cancel();
      group.syncTimer?.cancel();
      for (const member of group.members.values()) {
        member.session?.cancel();
        answerJoin(member, failedJoin(CODE.NOT_COORDINATOR, member.memberId));
        answerSync(member, failedSync(CODE.NOT_COORDINATOR));
      }
      const loaded = Group.load(groupId, group.persisted);
      this.#groups.set(groupId, loaded);
      for (const member of loaded.members.values()) this.#keepAlive(loaded, member);
    }
  }

  #joinNew(
    group: Group,
    request: JoinRequest,
    version: number,
    clientId: string,
    answer: (answer: JoinAnswer) => void,
  ): void {
    const instanceId = request.groupInstanceId;
    const memberId = this.#surroundings.newMemberId(instanceId ?? clientId);
    if (instanceId !== null) {
      if (group.staticMembers.has(instanceId)) this.#rejoinStatic(group, request, version, memberId, answer);
      else this.#add(group, request, memberId, clientId, answer);
    } else if (version >= MEMBER_ID_REQUIRED_FROM) {
      const expire = () => this.#expirePending(group, memberId);
      group.pendingJoins.set(memberId, this.#surroundings.clock.timer(request.sessionTimeoutMs, expire));
      answer(failedJoin(CODE.MEMBER_ID_REQUIRED, memberId));
    } else {
      this.#add(group, request, memberId, clientId, answer);
    }
  }

  #joinKnown(
    group: Group,
    request: JoinRequest,
    clientId: string,
    answer: (answer: JoinAnswer) => void,
  ): void {
    const { memberId, groupInstanceId } = request;
    if (group.pendingJoins.has(memberId)) {
      this.#add(group, request, memberId, clientId, answer);
      return;
    }
    const code = group.validate(memberId, groupInstanceId);
    if (code !== CODE.NONE) {
      answer(failedJoin(code, memberId));
      return;
    }
    const member = group.members.get(memberId)!;
    const isUnchanged = sameProtocols(member.protocols, request.protocols);
    const isSettled =
      group.state === "CompletingRebalance" || (group.state === "Stable" && group.leader !== memberId);
    // It may only have missed our answer: it gets the present generation over again.
    if (isSettled && isUnchanged) {
      answer(group.joinAnswerFor(member));
    } else if (group.state === "Empty") {
      answer(failedJoin(CODE.UNKNOWN_MEMBER_ID, memberId));
    } else {
      updateMember(member, request, answer);
      this.#rebalanceOrComplete(group);
    }
  }

  #rejoinStatic(
    group: Group,
    request: JoinRequest,
    version: number,
    memberId: string,
    answer: (answer: JoinAnswer) => void,
  ): void {
    const wasLeader = group.leader;
    const member = group.replaceStatic(request.groupInstanceId!, memberId);
    this.#keepAlive(group, member);
    updateMember(member, request, answer);
    if (group.state === "Stable" && group.protocolName === group.selectProtocol()) {
      group.persist();
      const skips = version >= SKIP_ASSIGNMENT_FROM;
      const known = group.joinAnswerFor(member, skips && group.leader === memberId);
      // Before KIP-814 the returning leader was told the old leader's id, so that it would not assign.
      answerJoin(member, skips ? known : { ...known, leader: wasLeader ?? "", members: [] });
    } else if (group.state === "CompletingRebalance") {
      this.#prepareRebalance(group);
    } else {
      this.#rebalanceOrComplete(group);
    }
  }

  #add(
    group: Group,
    request: JoinRequest,
    memberId: string,
    clientId: string,
    answer: (answer: JoinAnswer) => void,
  ): void {
    const member = newMember(memberId, clientId, request, answer);
    if (group.state === "PreparingRebalance" && group.previousState === "Empty") group.newMemberAdded = true;
    group.add(member);
    this.#keepAlive(group, member, NEW_MEMBER_JOIN_TIMEOUT_MS);
    this.#rebalanceOrComplete(group);
  }

  #rebalanceOrComplete(group: Group): void {
    if (group.state === "Empty" && group.members.size === 0) return;
    if (group.canRebalance) this.#prepareRebalance(group);
    else if (group.previousState !== "Empty" && group.hasAllJoined) this.#completeJoin(group);
  }

  #prepareRebalance(group: Group): void {
    if (group.state === "CompletingRebalance") {
      for (const member of group.members.values()) {
        member.assignment = Buffer.alloc(0);
        answerSync(member, failedSync(CODE.REBALANCE_IN_PROGRESS));
      }
    }
    group.syncTimer?.cancel();
    const isInitial = group.state === "Empty";
    group.moveTo("PreparingRebalance");
    if (isInitial) {
      const delayMs = this.#surroundings.initialRebalanceDelayMs;
      this.#waitForMore(group, delayMs, Math.max(0, group.rebalanceTimeoutMs - delayMs));
    } else if (group.hasAllJoined) {
      this.#completeJoin(group);
    } else {
      this.#scheduleJoin(group);
    }
  }

  /** The first rebalance of a group waits for members that start at the same time. */
  #waitForMore(group: Group, delayMs: number, remainingMs: number): void {
    group.joinTimer = this.#surroundings.clock.timer(delayMs, () => {
      if (group.newMemberAdded && remainingMs > 0) {
        group.newMemberAdded = false;
        const nextMs = Math.min(this.#surroundings.initialRebalanceDelayMs, remainingMs);
        this.#waitForMore(group, nextMs, Math.max(0, remainingMs - delayMs));
      } else {
        this.#completeJoin(group);
      }
    });
  }

  #scheduleJoin(group: Group): void {
    group.joinTimer?.cancel();
    group.joinTimer = this.#surroundings.clock.timer(group.rebalanceTimeoutMs, () =>
      this.#completeJoin(group),
    );
  }

  #completeJoin(group: Group): void {
    group.joinTimer?.cancel();
    if (group.state !== "PreparingRebalance") return;
    // Static members keep their place until their session ends.
    for (const member of [...group.members.values()]) {
      if (member.answerJoin === undefined && member.instanceId === null) group.remove(member.memberId);
    }
    if (!group.electJoinedLeader() && group.members.size > 0) {
      this.#scheduleJoin(group);
      return;
    }
    group.startGeneration();
    if (group.members.size === 0) {
      group.persist();
      return;
    }
    for (const member of group.members.values()) {
      answerJoin(member, group.joinAnswerFor(member));
      this.#keepAlive(group, member);
      member.isNew = false;
      group.pendingSyncs.add(member.memberId);
    }
    const { generation } = group;
    group.syncTimer = this.#surroundings.clock.timer(group.rebalanceTimeoutMs, () => {
      if (generation === group.generation) this.#expireSync(group);
    });
  }

  #assign(group: Group, request: ReceivedRequest<"SyncGroup">): void {
    const assignments = new Map(
      request.assignments.map(({ memberId, assignment }) => [memberId, assignment]),
    );
    for (const member of group.members.values()) {
      member.assignment = assignments.get(member.memberId) ?? Buffer.alloc(0);
    }
    group.moveTo("Stable");
    group.persist();
    for (const member of group.members.values()) {
      if (member.answerSync === undefined) continue;
      answerSync(member, group.syncAnswerFor(member));
      this.#keepAlive(group, member);
    }
  }

  #noteSync(group: Group, memberId: string): void {
    group.pendingSyncs.delete(memberId);
    if (group.pendingSyncs.size === 0) group.syncTimer?.cancel();
  }

  #expireSync(group: Group): void {
    if (group.state !== "CompletingRebalance" && group.state !== "Stable") return;
    if (group.pendingSyncs.size === 0) return;
    for (const memberId of [...group.pendingSyncs]) group.remove(memberId);
    this.#prepareRebalance(group);
  }

  #leaveOne(group: Group, memberId: string, instanceId: string | null): number {
    if (memberId === "") {
      const known = instanceId === null ? undefined : group.staticMembers.get(instanceId);
      if (known === undefined) return CODE.UNKNOWN_MEMBER_ID;
      this.#drop(group, known);
      return CODE.NONE;
    }
    if (group.forgetPending(memberId)) return CODE.NONE;
    const code = group.validate(memberId, instanceId);
    if (code === CODE.NONE) this.#drop(group, memberId);
    return code;
  }

  #drop(group: Group, memberId: string): void {
    const member = group.members.get(memberId)!;
    answerJoin(member, failedJoin(CODE.UNKNOWN_MEMBER_ID, ""));
    answerSync(member, failedSync(CODE.UNKNOWN_MEMBER_ID));
    group.remove(memberId);
  }

  #keepAlive(group: Group, member: Member, timeoutMs = member.sessionTimeoutMs): void {
    member.session?.cancel();
    member.session = this.#surroundings.clock.timer(timeoutMs, () => this.#expire(group, member));
  }

  #expire(group: Group, member: Member): void {
    if (this.#groups.get(group.groupId) !== group || group.members.get(member.memberId) !== member) return;
    const isWaiting = member.answerJoin !== undefined || member.answerSync !== undefined;
    if (isWaiting && !member.isNew) return;
    this.#drop(group, member.memberId);
    if (group.state === "PreparingRebalance" && group.hasAllJoined) this.#completeJoin(group);
    else if (group.canRebalance && group.state !== "Empty") this.#prepareRebalance(group);
  }

  #expirePending(group: Group, memberId: string): void {
    if (!group.forgetPending(memberId)) return;
    if (group.state === "PreparingRebalance" && group.hasAllJoined) this.#completeJoin(group);
  }
}
