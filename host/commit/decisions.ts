import { decideCut, decideStep } from "./decide-commit.ts";
import { decideFailure } from "./decide-failure.ts";
import { decideSettled } from "./decide-settled.ts";

/**
 * The decisions that a stream thread's shell asks for. They are handed in, so that the simulation can plant a
 * wrong one and show that its seeds catch it (test/sim/).
 */
export interface Decisions {
  readonly step: typeof decideStep;
  readonly cut: typeof decideCut;
  readonly failure: typeof decideFailure;
  readonly settled: typeof decideSettled;
}

export const DECISIONS: Decisions = {
  step: decideStep,
  cut: decideCut,
  failure: decideFailure,
  settled: decideSettled,
};
