import type { FailureStage } from "../../topology/error-settings.ts";

/** What a graph does with what fails in one of its nodes. */
export interface GraphErrors {
  /**
   * Asks what becomes of the record that runs. Returns if all else goes on.
   *
   * @throws Stop: nothing of the row stays. Errors of a handler.
   */
  failed(node: string, stage: FailureStage, error: Error): void;
  /** The row cannot run before something is known of a topic that a function has chosen. @throws Stop */
  unknownTopic(topic: string): void;
}

/** Unwinds a graph: who is told of it knows why. Never an error of a record. */
export class Stop extends Error {}
