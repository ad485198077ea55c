import { PeridotError } from "../errors.ts";
import type { ErrorAction, ErrorHandler, ErrorSettings, RecordFailure } from "../topology/error-settings.ts";
import { textOf } from "./chunk.ts";

const ACTIONS: ReadonlySet<unknown> = new Set<ErrorAction>(["fail", "continue", "deadLetter"]);

/**
 * What the settings say of a record that failed. A handler of the user's that throws has decided nothing, and what came of
 * the rows around the record may be written already: its error is never that of the record.
 *
 * @throws HANDLER_FAILED: the handler threw, or its answer is no action; CONFIG_INVALID: a dead letter, and no topic for it.
 */
export function askHandler(
  settings: ErrorSettings,
  option: keyof ErrorSettings,
  handler: ErrorHandler,
  failure: () => RecordFailure,
): ErrorAction {
  const action = typeof handler === "function" ? answerOf(handler, option, failure()) : handler;
  if (action === "deadLetter" && settings.deadLetterTopic === undefined) {
    throw new PeridotError("CONFIG_INVALID", {
      option: "deadLetterTopic",
      problem: "is not set, and an error handler has chosen deadLetter",
      remedy: "Name a topic that exists",
    });
  }
  return action;
}

function answerOf(
  handler: (failure: RecordFailure) => unknown,
  option: string,
  failure: RecordFailure,
): ErrorAction {
  const { topic, partition, offset, node, stage } = failure;
  const record = offset < 0n ? `an item for ${topic}` : `offset ${offset} of ${topic}-${partition}`;
  const failed = (problem: string, cause?: unknown) =>
    new PeridotError(
      "HANDLER_FAILED",
      { option, problem, record, topic, partition, offset, node, stage },
      cause,
    );
  let answer: unknown;
  try {
    answer = handler(failure);
  } catch (thrown) {
    throw failed(`threw "${thrown instanceof Error ? thrown.message : textOf(thrown)}"`, thrown);
  }
  if (ACTIONS.has(answer)) return answer as ErrorAction;
  if (answer instanceof Promise) answer.catch(() => {}); // nobody waits for it
  throw failed(`returned ${answer instanceof Promise ? "a promise" : textOf(answer)}`);
}
