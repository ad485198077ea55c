/** What is known of one source partition of a task. Times in milliseconds since the epoch. */
export interface InputFacts {
  readonly hasRows: boolean;
  /** Whether the broker has more of it than was fetched; undefined: it has not said yet. */
  readonly isBehind: boolean | undefined;
  /** Since when it has no rows, as far as is known. */
  readonly emptySince: number;
}

export type WaitDecision =
  | { readonly wait: false }
  /** @param until undefined: until something is fetched. */
  | { readonly wait: true; readonly until: number | undefined };

const GO: WaitDecision = { wait: false };

/**
 * Whether a task that has rows waits for partitions that have none: their next row may be the one with the smallest timestamp.
 * What the broker is known to have, or has not been asked for yet, is waited for; what may still be written for
 * `maxTaskIdleMs` more (KIP-695; Kafka Streams' PartitionGroup.readyToProcess).
 *
 * @param maxTaskIdleMs -1: never wait.
 */
export function decideWait(inputs: readonly InputFacts[], maxTaskIdleMs: number, now: number): WaitDecision {
  if (maxTaskIdleMs < 0) return GO;
  let until = now;
  for (const { hasRows, isBehind, emptySince } of inputs) {
    if (hasRows) continue;
    if (isBehind !== false) return { wait: true, until: undefined };
    until = Math.max(until, emptySince + maxTaskIdleMs);
  }
  return until > now ? { wait: true, until } : GO;
}
