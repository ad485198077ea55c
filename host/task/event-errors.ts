import { PeridotError } from "../errors.ts";
import type { ErrorHandler, ErrorSettings, FailureStage } from "../topology/error-settings.ts";
import { askHandler } from "./ask-handler.ts";
import { type GraphErrors, Stop } from "./graph/graph-errors.ts";
import type { Outbox } from "./outbox.ts";
import { missingTopic } from "./sink-answers.ts";

/** What fails while no record is being processed: a punctuator, what comes of a record cache. There is no dead letter. */
export class EventErrors implements GraphErrors {
  /** What to stop with. */
  fatal: Error | undefined;
  /** Something of it was passed over. */
  skipped = 0;
  readonly #settings: ErrorSettings;
  readonly #outbox: Outbox;

  constructor(settings: ErrorSettings, outbox: Outbox) {
    this.#settings = settings;
    this.#outbox = outbox;
  }

  failed(node: string, stage: FailureStage, error: Error): void {
    const option = stage === "production" ? "onProductionError" : "onProcessingError";
    const handler: ErrorHandler = this.#settings[option];
    const failure = { ...NO_RECORD, stage, node, error };
    if (askHandler(this.#settings, option, handler, () => failure) !== "fail") {
      this.skipped++;
      return;
    }
    this.fatal = new PeridotError(
      "PUNCTUATION_FAILED",
      { node, stage, option, problem: error.message },
      error,
    );
    throw new Stop();
  }

  /** Nothing can be put off here: the topic must be known. */
  unknownTopic(topic: string): void {
    if (this.#outbox.isMissing(topic)) throw missingTopic(topic);
    this.#outbox.ask(topic);
    throw missingTopic(topic);
  }
}

const NO_RECORD = {
  topic: "",
  partition: -1,
  offset: -1n,
  timestamp: -1,
  key: null,
  value: null,
};
