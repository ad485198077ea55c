import { PeridotError } from "../errors.ts";
import type { GroupMember, Producer } from "../transport/port.ts";
import type { Stage } from "./decide-failure.ts";
import type { CommitPermit } from "./permit.ts";

/** An error and the stage at which it came up. */
export interface StageFailure {
  readonly stage: Stage;
  readonly error: PeridotError;
}

/** Runs one call; an error comes back as a value that names the stage. What is not ours is a defect: fatal. */
export async function attempt(stage: Stage, call: () => Promise<void>): Promise<StageFailure | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return { stage, error: asPeridotError(error) };
  }
}

/** A thrown value that is no PeridotError is a defect of ours or of user code outside a record. */
export function asPeridotError(error: unknown): PeridotError {
  if (error instanceof PeridotError) return error;
  const what = error instanceof Error ? error.message : String(error);
  return new PeridotError("UNEXPECTED", { what }, error);
}

/**
 * Ends one transaction: every batch acknowledged and the offsets added, only then EndTxn. The batches were
 * handed to the producer before.
 */
export async function commitTransaction(
  producer: Producer,
  permit: CommitPermit,
): Promise<StageFailure | undefined> {
  const [flushed, added] = await Promise.all([
    attempt("produce", () => producer.flush()),
    attempt("offsets", () => producer.sendOffsets(permit.offsets, permit.identity)),
  ]);
  return worse(flushed, added) ?? attempt("end", () => producer.commit());
}

/** at_least_once: outputs first, then the offsets; a crash between the two repeats records. */
export async function commitOffsets(
  producer: Producer,
  member: GroupMember,
  permit: CommitPermit,
): Promise<StageFailure | undefined> {
  const flushed = await attempt("produce", () => producer.flush());
  return flushed ?? attempt("offsets", () => member.commitOffsets(permit.offsets, permit.identity));
}

/** Of two failures the one that asks for more: a fence or a fatal error before an unknown outcome before the rest. */
function worse(a: StageFailure | undefined, b: StageFailure | undefined): StageFailure | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return weight(b) > weight(a) ? b : a;
}

function weight(failure: StageFailure): number {
  switch (failure.error.kind) {
    case "fatal":
      return 4;
    case "record":
      return 3;
    case "unknown":
      return 2;
    case "abortable":
      return 1;
    case "retriable":
      return 0;
  }
}
