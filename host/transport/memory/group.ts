import type { Timer } from "../../clock.ts";
import type { ReceivedRequest } from "../kafka/protocol/api.ts";
import {
  failedJoin,
  failedSync,
  type GroupProtocol,
  type JoinAnswer,
  type Member,
  type SyncAnswer,
} from "./group-member.ts";
import { CODE } from "./response-codes.ts";

/**
 *   Empty ──join──▶ PreparingRebalance ──all have joined, or time is up──▶ CompletingRebalance ──leader syncs──▶ Stable
 *     ▲                 ▲    │                                                    │                              │
 *     └──nobody joined──┼────┘                                                    │                              │
 *                       └──a member joins, leaves, or fails──────────────────────┴──────────────────────────────┘
 */
export type GroupState = "Empty" | "PreparingRebalance" | "CompletingRebalance" | "Stable";

/** What a group's record in __consumer_offsets holds: the state that another coordinator would load. */
export interface PersistedGroup {
  readonly generation: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly leader: string | null;
  readonly members: readonly Member[];
}

/** One group of the classic protocol (Kafka: ClassicGroup.java): members and state, no timers of its own. */
export class Group {
  readonly groupId: string;
  state: GroupState = "Empty";
  previousState: GroupState = "Empty";
  generation = 0;
  protocolType: string | null = null;
  protocolName: string | null = null;
  leader: string | null = null;
  newMemberAdded = false;
  /** In the order in which they joined. */
  readonly members = new Map<string, Member>();
  /** Member ids that were given out and have not come back with (KIP-394), until the timer forgets them. */
  readonly pendingJoins = new Map<string, Timer>();
  readonly pendingSyncs = new Set<string>();
  readonly staticMembers = new Map<string, string>();
  joinTimer: Timer | undefined;
  syncTimer: Timer | undefined;
  persisted: PersistedGroup = {
    generation: 0,
    protocolType: null,
    protocolName: null,
    leader: null,
    members: [],
  };

  constructor(groupId: string) {
    this.groupId = groupId;
  }

  /** As another coordinator finds it in the log. */
  static load(groupId: string, persisted: PersistedGroup): Group {
    const group = new Group(groupId);
    const { generation, protocolType, protocolName, leader, members } = persisted;
    for (const member of members) {
      group.add({ ...member, answerJoin: undefined, answerSync: undefined, session: undefined });
    }
    Object.assign(group, { generation, protocolType, protocolName, leader, persisted });
    group.moveTo(members.length > 0 ? "Stable" : "Empty");
    return group;
  }

  moveTo(state: GroupState): void {
    this.previousState = this.state;
    this.state = state;
  }

  get canRebalance(): boolean {
    return this.state !== "PreparingRebalance";
  }

  get hasAllJoined(): boolean {
    if (this.pendingJoins.size > 0) return false;
    for (const member of this.members.values()) if (member.answerJoin === undefined) return false;
    return true;
  }

  get rebalanceTimeoutMs(): number {
    return Math.max(0, ...[...this.members.values()].map((member) => member.rebalanceTimeoutMs));
  }

  /** Returns an error code (Kafka: ClassicGroup.validateMember). */
  validate(memberId: string, instanceId: string | null): number {
    if (instanceId !== null) {
      const known = this.staticMembers.get(instanceId);
      if (known === undefined) return CODE.UNKNOWN_MEMBER_ID;
      if (known !== memberId) return CODE.FENCED_INSTANCE_ID;
    }
    return this.members.has(memberId) ? CODE.NONE : CODE.UNKNOWN_MEMBER_ID;
  }

  /** Returns an error code (Kafka: ClassicGroup.validateOffsetCommit). */
  validateCommit(
    memberId: string,
    instanceId: string | null,
    generation: number,
    isTransactional: boolean,
  ): number {
    if (generation < 0 && this.state === "Empty") return CODE.NONE;
    if (generation >= 0 || memberId !== "" || instanceId !== null) {
      const code = this.validate(memberId, instanceId);
      if (code !== CODE.NONE) return code;
      if (generation !== this.generation) return CODE.ILLEGAL_GENERATION;
    } else if (!isTransactional && this.state !== "Empty") {
      return CODE.UNKNOWN_MEMBER_ID;
    }
    if (!isTransactional && this.state === "CompletingRebalance") return CODE.REBALANCE_IN_PROGRESS;
    return CODE.NONE;
  }

  /** Returns an error code (Kafka: validateSyncGroup, and the states in which nobody may sync). */
  validateSync(request: ReceivedRequest<"SyncGroup">): number {
    const code = this.validate(request.memberId, request.groupInstanceId);
    if (code !== CODE.NONE) return code;
    if (request.generationId !== this.generation) return CODE.ILLEGAL_GENERATION;
    const isForeign = (named: string | null, ours: string | null) =>
      named !== null && ours !== null && named !== ours;
    if (isForeign(request.protocolType, this.protocolType)) return CODE.INCONSISTENT_GROUP_PROTOCOL;
    if (isForeign(request.protocolName, this.protocolName)) return CODE.INCONSISTENT_GROUP_PROTOCOL;
    if (this.state === "PreparingRebalance") return CODE.REBALANCE_IN_PROGRESS;
    return this.state === "Empty" ? CODE.UNKNOWN_MEMBER_ID : CODE.NONE;
  }

  supports(protocolType: string, protocols: readonly GroupProtocol[]): boolean {
    if (this.members.size === 0) return protocolType !== "" && protocols.length > 0;
    const common = this.#commonProtocols();
    return protocolType === this.protocolType && protocols.some(({ name }) => common.has(name));
  }

  add(member: Member): void {
    if (this.members.size === 0) this.protocolType = member.protocolType;
    this.leader ??= member.memberId;
    this.members.set(member.memberId, member);
    if (member.instanceId !== null) this.staticMembers.set(member.instanceId, member.memberId);
    this.forgetPending(member.memberId);
  }

  /** Returns whether it was pending. */
  forgetPending(memberId: string): boolean {
    this.pendingJoins.get(memberId)?.cancel();
    return this.pendingJoins.delete(memberId);
  }

  remove(memberId: string): void {
    const member = this.members.get(memberId);
    member?.session?.cancel();
    this.members.delete(memberId);
    if (member !== undefined && member.instanceId !== null) this.staticMembers.delete(member.instanceId);
    if (this.leader === memberId) this.leader = this.members.keys().next().value ?? null;
    this.forgetPending(memberId);
    this.pendingSyncs.delete(memberId);
  }

  /** A static member comes back under a new id; whoever still waits under the old one is fenced (KIP-345). */
  replaceStatic(instanceId: string, newMemberId: string): Member {
    const oldMemberId = this.staticMembers.get(instanceId)!;
    const old = this.members.get(oldMemberId)!;
    old.session?.cancel();
    this.members.delete(oldMemberId);
    old.answerJoin?.(failedJoin(CODE.FENCED_INSTANCE_ID, oldMemberId));
    old.answerSync?.(failedSync(CODE.FENCED_INSTANCE_ID));
    const replacement: Member = {
      ...old,
      memberId: newMemberId,
      answerJoin: undefined,
      answerSync: undefined,
      session: undefined,
    };
    this.members.set(newMemberId, replacement);
    this.staticMembers.set(instanceId, newMemberId);
    if (this.leader === oldMemberId) this.leader = newMemberId;
    return replacement;
  }

  /** A leader who does not wait is replaced by a member who does. false: nobody waits. */
  electJoinedLeader(): boolean {
    if (this.leader === null) return false;
    if (this.members.get(this.leader)?.answerJoin !== undefined) return true;
    for (const member of this.members.values()) {
      if (member.answerJoin === undefined) continue;
      this.leader = member.memberId;
      return true;
    }
    return false;
  }

  startGeneration(): void {
    this.generation += 1;
    this.pendingSyncs.clear();
    this.protocolName = this.members.size > 0 ? this.selectProtocol() : null;
    this.moveTo(this.members.size > 0 ? "CompletingRebalance" : "Empty");
  }

  /** What all speak and most prefer. */
  selectProtocol(): string {
    const common = this.#commonProtocols();
    const votes = new Map<string, number>();
    for (const { protocols } of this.members.values()) {
      const choice = protocols.find(({ name }) => common.has(name))?.name ?? "";
      votes.set(choice, (votes.get(choice) ?? 0) + 1);
    }
    return [...votes].reduce((best, vote) => (vote[1] > best[1] ? vote : best), ["", 0] as [
      string,
      number,
    ])[0];
  }

  joinAnswerFor(member: Member, skipAssignment = false): JoinAnswer {
    const isLeader = this.leader === member.memberId;
    return {
      errorCode: CODE.NONE,
      generationId: this.generation,
      protocolType: this.protocolType,
      protocolName: this.protocolName,
      leader: this.leader ?? "",
      skipAssignment,
      memberId: member.memberId,
      members: isLeader ? this.#memberList() : [],
    };
  }

  syncAnswerFor(member: Member): SyncAnswer {
    const { protocolType, protocolName } = this;
    return { errorCode: CODE.NONE, protocolType, protocolName, assignment: member.assignment };
  }

  /** Writes down what another coordinator would load. */
  persist(): void {
    const { generation, protocolType, protocolName, leader } = this;
    const members = [...this.members.values()].map((member) => ({ ...member }));
    this.persisted = { generation, protocolType, protocolName, leader, members };
  }

  #memberList() {
    return [...this.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.instanceId,
      metadata: member.protocols.find(({ name }) => name === this.protocolName)?.metadata ?? Buffer.alloc(0),
    }));
  }

  #commonProtocols(): Set<string> {
    const [first, ...others] = [...this.members.values()].map(
      ({ protocols }) => new Set(protocols.map(({ name }) => name)),
    );
    return new Set([...(first ?? [])].filter((name) => others.every((names) => names.has(name))));
  }
}
