import type { Decisions } from "../../host/commit/decisions.ts";
import type { MembershipParts } from "../../host/task/membership.ts";
import type { StreamThreadParts } from "../../host/task/stream-thread.ts";

/** A wrong rule, planted into every process of a world. Without any of its parts: none. */
export interface Defect {
  readonly decisions?: Partial<Decisions>;
  readonly thread?: (parts: StreamThreadParts) => StreamThreadParts;
  readonly membership?: (parts: MembershipParts) => MembershipParts;
}

export const NO_DEFECT: Defect = {};
