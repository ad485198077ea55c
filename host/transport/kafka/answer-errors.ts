import { PeridotError } from "../../errors.ts";
import type { AnswerDecision } from "./decide-answer.ts";
import { kafkaErrorName } from "./protocol/error-codes.ts";

export interface RefusedAnswer {
  readonly api: string;
  readonly code: number;
  /** On what the request was to act: "topic in", "group g", … */
  readonly what: string;
  /** The broker's own words. */
  readonly message: string | null;
}

/** The error that a decision stands for: BROKER_BUSY (retriable), ACCESS_DENIED or BROKER_REFUSED. */
export function errorOfAnswer(decision: AnswerDecision, answer: RefusedAnswer): PeridotError {
  const { api, code, what } = answer;
  const error = kafkaErrorName(code);
  const detail = detailOf(answer.message);
  if (decision.act === "retry") return new PeridotError("BROKER_BUSY", { api, error, what, detail });
  if (decision.act === "deny")
    return new PeridotError("ACCESS_DENIED", {
      what: `${api} on ${what}`,
      error,
      permission: decision.permission,
    });
  return new PeridotError("BROKER_REFUSED", { what, api, error, detail });
}

/** The broker's words as they stand in our messages; empty when it has none. */
export function detailOf(message: string | null | undefined): string {
  return message ? ` (${message})` : "";
}
