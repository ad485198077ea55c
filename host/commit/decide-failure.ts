import type { ErrorKind } from "../errors.ts";

/** Where in its cycle a stream thread met an error. */
export type Stage = "init" | "fetch" | "compute" | "produce" | "offsets" | "end" | "abort" | "settle";

export interface FailureFacts {
  readonly stage: Stage;
  readonly kind: ErrorKind;
  /** The error's name in host/errors.ts. */
  readonly code: string;
  readonly guarantee: "exactly_once_v2" | "at_least_once";
  /** Failures in a row, this one included, with no commit between them. */
  readonly failures: number;
  /** Since the first of them, in milliseconds; and for how long the thread tries (KIP-572, task.timeout.ms). */
  readonly failingForMs: number;
  readonly taskTimeoutMs: number;
  /** It has told which record it was about, or among how many it is: the next try is another one. */
  readonly narrowed?: boolean;
  /** It is about a topic that is read because it matches a pattern, and not by its name. */
  readonly isMatched?: boolean;
}

export type FailureDecision =
  /** End the transaction as aborted, undo what was computed, read the input again. */
  | { readonly act: "abort" }
  /** Nobody knows the outcome: InitProducerId, then read the committed offsets back. */
  | { readonly act: "settle" }
  /** The tasks are (or may be) others' now: abort what is open, drop everything, join the group again. */
  | { readonly act: "rejoin" }
  /** One record is bad and the configuration says stop: commit all before it, then stop. */
  | { readonly act: "commit-then-stop" }
  | { readonly act: "stop" };

const COMPUTE_FAILURES_MAX = 2;

/** The group went on without this member: its generation, its member id, or its producer epoch is an old one. */
const FENCED: ReadonlySet<string> = new Set(["PRODUCER_FENCED", "GENERATION_FENCED", "MEMBER_UNKNOWN"]);

/**
 * What follows a failure. Never a guess: an unknown outcome is settled by InitProducerId and read back; a fence
 * means that the tasks are lost, and a producer is only made anew after joining again.
 */
export function decideFailure(facts: FailureFacts): FailureDecision {
  if (FENCED.has(facts.code)) return { act: "rejoin" };
  // Nobody has said that there must be such a topic: the next generation is made without it.
  if (facts.stage === "fetch" && facts.code === "TOPIC_MISSING" && facts.isMatched) return { act: "rejoin" };
  switch (facts.kind) {
    case "record":
      return facts.stage === "compute" ? { act: "commit-then-stop" } : { act: "stop" };
    case "fatal":
      return { act: "stop" };
    case "unknown":
    case "retriable":
    case "abortable":
      return afterTransient(facts);
  }
}

function afterTransient(facts: FailureFacts): FailureDecision {
  // What fails while computing, a trap say, fails again on the same input: once more is enough to tell.
  if (facts.stage === "compute" && facts.failures > COMPUTE_FAILURES_MAX && !facts.narrowed)
    return { act: "stop" };
  if (facts.failingForMs > facts.taskTimeoutMs) return { act: "stop" };
  if (facts.guarantee === "at_least_once") return { act: "abort" };
  if (facts.kind === "unknown") return { act: "settle" };
  switch (facts.stage) {
    case "fetch":
    case "compute":
    case "produce":
    case "offsets":
      return { act: "abort" };
    // EndTxn may have been heard, or an abort is open still: only InitProducerId tells.
    case "end":
    case "abort":
    case "settle":
    case "init":
      return { act: "settle" };
  }
}
