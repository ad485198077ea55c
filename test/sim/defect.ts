import type { Decisions } from "../../host/commit/decisions.ts";
import type { MembershipParts } from "../../host/task/membership.ts";
import type { StreamThreadParts } from "../../host/task/stream-thread.ts";
import type { EmbeddedBroker } from "../../host/transport/memory/embedded-broker.ts";

/** A wrong rule as one process has it: wrong decisions, or wrappers around what it works with. */
export interface Defect {
  readonly decisions?: Partial<Decisions>;
  readonly thread?: (parts: StreamThreadParts, facts: ThreadFacts) => StreamThreadParts;
  readonly membership?: (parts: MembershipParts) => MembershipParts;
}

export interface ThreadFacts {
  /** In the tags of its commits. */
  readonly incarnation: string;
  /** Asked before each batch of rows: does the kernel trap now? */
  readonly traps: () => boolean;
}

/** Plants a defect into each life of each process. */
export type Plant = (broker: EmbeddedBroker) => Defect;

export const plantNothing: Plant = () => ({});
