import type { AggregateStep, PlanStep, ProcessStep, SegmentStep } from "../plan.ts";

/**
 * Makes one segment of a segment and the only step behind it, if that is a segment too. What refuses rows stays the
 * last thing in its segment: a filter behind it must not see them.
 */
export function fuseSegments(steps: readonly PlanStep[]): readonly PlanStep[] {
  return steps.map((step) => {
    if (step.kind === "sink") return step;
    if (step.kind === "process")
      return step.inKernels === undefined ? step : fusedBehind(step, step.inKernels);
    if (step.kind === "branch") return Object.freeze({ ...step, ways: step.ways.map(fuseSegments) });
    const children = fuseSegments(step.children);
    const only = children.length === 1 ? children[0] : undefined;
    if (step.kind === "segment" && only?.kind === "segment" && step.checks.length === 0)
      return fused(step, only);
    return Object.freeze({ ...step, children });
  });
}

function fusedBehind(step: ProcessStep, inKernels: AggregateStep): ProcessStep {
  return Object.freeze({ ...step, inKernels: { ...inKernels, children: fuseSegments(inKernels.children) } });
}

/** The projection of the second stands: it is in terms of the source's row already. */
function fused(first: SegmentStep, second: SegmentStep): SegmentStep {
  return Object.freeze({
    ...second,
    names: [...first.names, ...second.names],
    filters: [...first.filters, ...second.filters],
  });
}
