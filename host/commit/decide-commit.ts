import type { MemberIdentity, OffsetToCommit, TopicPartition } from "../transport/port.ts";
import { nameOf } from "./partition-name.ts";
import type { CommitPermit } from "./permit.ts";
import { type TransactionTag, tagText } from "./transaction-tag.ts";

/** What a stream thread knows when it asks what to do next. Times in milliseconds, sizes in bytes. */
export interface StepFacts {
  readonly now: number;
  /** When the first row since the last cut was computed; undefined: none was. */
  readonly firstRowAt: number | undefined;
  readonly commitIntervalMs: number;
  /** Computed and not yet handed to the producer, or handed over and not yet acknowledged. */
  readonly pendingBytes: number;
  readonly pendingBytesMax: number;
  /** A transaction is on its way to its end. */
  readonly committing: boolean;
  /** Fetched rows wait to be computed, and do not wait for others. */
  readonly hasInput: boolean;
  /** When there is something to compute without new input, such as a punctuation; undefined: never. */
  readonly dueAt?: number | undefined;
}

export type StepDecision =
  | { readonly step: "cut" }
  | { readonly step: "compute" }
  /** Nothing to compute: wait for input, at most so long (undefined: until something happens). */
  | { readonly step: "await-input"; readonly waitMs: number | undefined }
  /** Computed enough ahead: wait until the transaction has ended. */
  | { readonly step: "await-commit" };

/**
 * Computing goes on while a transaction ends, up to `pendingBytesMax`; a commit point is due one commit interval
 * after the first row since the last, or when that much is pending.
 */
export function decideStep(facts: StepFacts): StepDecision {
  const full = facts.pendingBytes >= facts.pendingBytesMax;
  if (facts.committing) return full ? { step: "await-commit" } : computeOrWait(facts, undefined);
  if (facts.firstRowAt === undefined) return computeOrWait(facts, undefined);
  const dueAt = facts.firstRowAt + facts.commitIntervalMs;
  return full || dueAt <= facts.now ? { step: "cut" } : computeOrWait(facts, dueAt);
}

/** @param wakeAt when there is something to do even without input. */
function computeOrWait({ hasInput, dueAt, now }: StepFacts, wakeAt: number | undefined): StepDecision {
  if (hasInput || (dueAt !== undefined && dueAt <= now)) return { step: "compute" };
  const wake = Math.min(wakeAt ?? Number.POSITIVE_INFINITY, dueAt ?? Number.POSITIVE_INFINITY);
  return { step: "await-input", waitMs: wake === Number.POSITIVE_INFINITY ? undefined : wake - now };
}

/** A commit point as the tasks see it. */
export interface CutFacts {
  /** `metadata`: what is to be noted beside the transaction's tag. */
  readonly offsets: readonly (TopicPartition & { readonly offset: bigint; readonly metadata?: string })[];
  /** Record batches that belong to the transaction, sent before or at the cut. */
  readonly batches: number;
  /** Partitions that the thread owns under `identity`. */
  readonly owned: ReadonlySet<string>;
  readonly identity: MemberIdentity | undefined;
  readonly tag: TransactionTag;
}

export type CutDecision =
  | { readonly cut: "commit"; readonly permit: CommitPermit }
  /** Nothing was read and nothing was written: there is no transaction to end. */
  | { readonly cut: "nothing" }
  /** The cut breaks a rule: it would be unfenced, or speaks for a partition that is not ours. */
  | { readonly cut: "refuse"; readonly reason: string };

/**
 * Grants the permit to commit. A transaction without offsets would not be fenced by the group, and its outcome
 * could not be read back: so each one carries at least one offset.
 */
export function decideCut(facts: CutFacts): CutDecision {
  if (facts.offsets.length === 0) {
    return facts.batches === 0
      ? { cut: "nothing" }
      : { cut: "refuse", reason: "records were written, but no offset goes with them" };
  }
  if (facts.identity === undefined) return { cut: "refuse", reason: "the thread owns no task" };
  const foreign = facts.offsets.find((each) => !facts.owned.has(nameOf(each)));
  if (foreign !== undefined) {
    return { cut: "refuse", reason: `${nameOf(foreign)} is not assigned to the thread` };
  }
  const offsets: OffsetToCommit[] = facts.offsets.map((each) => ({
    topic: each.topic,
    partition: each.partition,
    offset: each.offset,
    metadata: tagText(facts.tag, each.metadata),
  }));
  return { cut: "commit", permit: issue({ offsets, identity: facts.identity, tag: facts.tag }) };
}

/** The only place where a permit comes from. */
function issue(
  permit: Omit<CommitPermit, keyof { [K in keyof CommitPermit as K extends symbol ? K : never]: 1 }>,
): CommitPermit {
  return Object.freeze(permit) as CommitPermit;
}
