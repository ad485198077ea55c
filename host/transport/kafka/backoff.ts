/** Bounds of a growing wait, in milliseconds. */
export interface BackoffBounds {
  readonly leastMs: number;
  readonly mostMs: number;
}

export const RECONNECT_BACKOFF: BackoffBounds = { leastMs: 50, mostMs: 1000 };
export const RETRY_BACKOFF: BackoffBounds = { leastMs: 20, mostMs: 1000 };

const JITTER = 0.2;

/**
 * How long to wait after the nth failure in a row: doubling, bounded, and spread by ±20 % so that clients which
 * failed together do not come back together (KIP-144, KIP-601).
 *
 * @param failures from 1 on; `random` gives numbers from 0 up to 1.
 */
export function backoffMs(failures: number, bounds: BackoffBounds, random: () => number): number {
  const doubled = bounds.leastMs * 2 ** Math.min(failures - 1, 30);
  const spread = 1 - JITTER + 2 * JITTER * random();
  return Math.round(Math.min(bounds.mostMs, doubled) * spread);
}
