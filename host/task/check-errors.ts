import { PeridotError } from "../errors.ts";
import type { ErrorHandler, ErrorSettings } from "../topology/error-settings.ts";

/** @throws CONFIG_INVALID if an action is "deadLetter" and no topic is set for it */
export function checkErrors(errors: ErrorSettings): void {
  const handlers: readonly ErrorHandler[] = [
    errors.onDeserializationError,
    errors.onProcessingError,
    errors.onProductionError,
  ];
  if (errors.deadLetterTopic === undefined && handlers.includes("deadLetter")) {
    throw new PeridotError("CONFIG_INVALID", {
      option: "errors.deadLetterTopic",
      problem: 'is not set, though an action is "deadLetter"',
      remedy: "Name a topic that exists",
    });
  }
}
