import { ERRORS, type ErrorFacts, type ErrorName, PeridotError } from "../errors.ts";
import type { StoreQuery } from "./store-query.ts";
import type { ThreadAssignment, ThreadProgress } from "./thread-port.ts";

/** What goes between the main thread and a stream thread in a worker: structured clones, no functions. */
export type ToWorker = ToWorkerCall | ToWorkerToken;

export type ToWorkerCall =
  | { readonly call: number; readonly method: "start" | "revoke" | "drop" | "close" }
  | { readonly call: number; readonly method: "assign"; readonly assignment: ThreadAssignment }
  | { readonly call: number; readonly method: "query"; readonly query: StoreQuery };

/** The answer to `asks`. */
export type ToWorkerToken =
  | { readonly told: number; readonly token: unknown }
  | { readonly told: number; readonly problem: string };

export type FromWorker =
  | { readonly answer: number; readonly value: unknown }
  | { readonly answer: number; readonly error: ErrorText }
  | { readonly event: "lost" | "failed"; readonly error: ErrorText }
  | { readonly event: "progress"; readonly progress: ThreadProgress }
  /** For a value of the user's own `sasl.token`, a function that stays in the main thread. */
  | { readonly asks: number };

/** A PeridotError as it crosses: its facts as text, since a clone loses classes and refuses functions. */
export interface ErrorText {
  readonly code: ErrorName;
  readonly facts: Readonly<Record<string, string>>;
  readonly stack: string | undefined;
  /** The stack of what lies behind it. */
  readonly cause: string | undefined;
}

export function errorToText(error: PeridotError): ErrorText {
  const facts = Object.fromEntries(Object.entries(error.facts).map(([name, value]) => [name, String(value)]));
  const { cause } = error;
  const behind = cause instanceof Error ? (cause.stack ?? cause.message) : cause;
  return {
    code: error.code,
    facts,
    stack: error.stack,
    cause: behind === undefined ? undefined : String(behind),
  };
}

export function errorFromText(text: ErrorText): PeridotError {
  const known = text.code in ERRORS ? text.code : "UNEXPECTED";
  const facts: ErrorFacts = known === text.code ? text.facts : { what: text.code };
  const error = new PeridotError(known, facts, text.cause);
  if (text.stack !== undefined) error.stack = text.stack;
  return error;
}
