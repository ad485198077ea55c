import { PeridotError } from "../../errors.ts";
import type { TopicPartition } from "../port.ts";
import { detailOf } from "./answer-errors.ts";
import { decideAnswer } from "./decide-answer.ts";
import type { ProduceFailure } from "./decide-produce.ts";
import { kafkaErrorName } from "./protocol/error-codes.ts";

/** A batch that cannot be stored, for the message. */
export interface RefusedBatch extends TopicPartition {
  readonly transactionalId: string | undefined;
  readonly bytes: number | undefined;
  /** How long delivery may take. */
  readonly withinMs: number;
  /** Why the last attempt failed. */
  readonly problem: string | undefined;
  /** The broker's answer; undefined: there was none. */
  readonly errorCode: number | undefined;
  readonly message: string | null | undefined;
}

const REMEDIES: ReadonlyMap<string, string> = new Map([
  [
    "INVALID_RECORD",
    "A compacted topic takes no records without key; or the batch is not as brokers want it",
  ],
  [
    "INVALID_TIMESTAMP",
    "Raise message.timestamp.before.max.ms and message.timestamp.after.max.ms of the topic, or mend the records' timestamps",
  ],
  ["UNSUPPORTED_COMPRESSION_TYPE", "Choose another compression"],
  ["POLICY_VIOLATION", "The brokers' policy forbids it"],
]);

/** Names the topic, the partition and the remedy. */
export function produceError(failure: ProduceFailure, batch: RefusedBatch): PeridotError {
  const { topic, errorCode } = batch;
  const error = errorCode === undefined ? "" : kafkaErrorName(errorCode);
  if (failure === "ACCESS_DENIED") {
    const decision = decideAnswer(errorCode ?? 0);
    const permission = decision.act === "deny" ? decision.permission : "";
    return new PeridotError(failure, { what: `writing to topic ${topic}`, error, permission });
  }
  return new PeridotError(failure, {
    ...batch,
    api: "Produce",
    error,
    detail: detailOf(batch.message),
    problem: batch.problem ?? "none was made",
    remedy: REMEDIES.get(error) ?? "See the broker's log",
  });
}

/** Errors: TOPIC_MISSING, when a partition of ours is beyond the topic's `count`; 0: not known yet. */
export function requirePartitions(ours: readonly TopicPartition[], topic: string, count: number): void {
  const beyond = ours.find((each) => each.topic === topic && each.partition >= count);
  if (beyond === undefined || count === 0) return;
  const topics = `${topic} with a partition ${beyond.partition} (it has ${count})`;
  throw new PeridotError("TOPIC_MISSING", { topics });
}
