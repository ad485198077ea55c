import type { Timer } from "../../clock.ts";
import type { ReceivedRequest, ResponseToSend } from "../kafka/protocol/api.ts";

export type JoinAnswer = ResponseToSend<"JoinGroup">;
export type SyncAnswer = ResponseToSend<"SyncGroup">;

export interface GroupProtocol {
  readonly name: string;
  readonly metadata: Buffer;
}

export interface Member {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  protocolType: string;
  protocols: readonly GroupProtocol[];
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  assignment: Buffer;
  /** Until its first rebalance ends, a member may be dropped although it waits for the others. */
  isNew: boolean;
  /** Set while its JoinGroup, its SyncGroup, waits for an answer. */
  answerJoin: ((answer: JoinAnswer) => void) | undefined;
  answerSync: ((answer: SyncAnswer) => void) | undefined;
  session: Timer | undefined;
}

/** A member that joins for the first time, and waits for the answer. */
export function newMember(
  memberId: string,
  clientId: string,
  request: ReceivedRequest<"JoinGroup">,
  answer: (answer: JoinAnswer) => void,
): Member {
  return {
    memberId,
    instanceId: request.groupInstanceId,
    clientId,
    protocolType: request.protocolType,
    protocols: request.protocols,
    sessionTimeoutMs: request.sessionTimeoutMs,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    assignment: Buffer.alloc(0),
    isNew: true,
    answerJoin: answer,
    answerSync: undefined,
    session: undefined,
  };
}

/** A member joins again, perhaps with other protocols. */
export function updateMember(
  member: Member,
  request: ReceivedRequest<"JoinGroup">,
  answer: (answer: JoinAnswer) => void,
): void {
  member.protocols = request.protocols;
  member.rebalanceTimeoutMs = request.rebalanceTimeoutMs;
  member.sessionTimeoutMs = request.sessionTimeoutMs;
  member.answerJoin = answer;
}

export function answerJoin(member: Member, answer: JoinAnswer): void {
  member.answerJoin?.(answer);
  member.answerJoin = undefined;
}

export function answerSync(member: Member, answer: SyncAnswer): void {
  member.answerSync?.(answer);
  member.answerSync = undefined;
}

export function failedJoin(errorCode: number, memberId: string): JoinAnswer {
  return {
    errorCode,
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leader: "",
    memberId,
    members: [],
  };
}

export function failedSync(errorCode: number): SyncAnswer {
  return { errorCode, protocolType: null, protocolName: null, assignment: Buffer.alloc(0) };
}

/** The same protocols with the same metadata: then nothing needs to be assigned anew. */
export function sameProtocols(left: readonly GroupProtocol[], right: readonly GroupProtocol[]): boolean {
  return (
    left.length === right.length &&
    left.every(({ name, metadata }, index) => {
      const other = right[index]!;
      return name === other.name && metadata.equals(other.metadata);
    })
  );
}
