import type { SegmentTimes } from "../state/stores/segment-times.ts";
import type { TableProcessing } from "../topology/change.ts";

/** The windows that close between two stream times, as far as they are known to be there; both included. */
export interface ClosingWindows {
  readonly first: number;
  readonly last: number;
}

/**
 * Tells when windows that have closed are to be looked for (KIP-825, Kafka Streams'
 * AbstractKStreamTimeWindowAggregateProcessor): as stream time moves on, and at most once in so much time of the wall clock.
 */
export class FinalResults {
  readonly #context: TableProcessing;
  readonly #times: SegmentTimes;
  readonly #toldBefore: number;
  readonly #closing: (told: number, closeTime: number) => ClosingWindows;
  /** In milliseconds of the wall clock. */
  #next = 0;

  /** @param closing which windows to look for; `told`: -1, or up to when they were told before. */
  constructor(
    context: TableProcessing,
    storeName: string,
    times: SegmentTimes,
    closing: (told: number, closeTime: number) => ClosingWindows,
  ) {
    this.#context = context;
    this.#times = times;
    this.#toldBefore = context.toldBefore(storeName);
    this.#closing = closing;
  }

  /** @param closeTime windows that end before it (or then) have closed. @returns those to tell; undefined: none. */
  due(closeTime: number): ClosingWindows | undefined {
    const now = this.#context.currentSystemTime();
    if (now < this.#next) return undefined;
    this.#next = now + this.#context.emitIntervalMs;
    const told = Math.max(this.#times.told, this.#toldBefore);
    if (told >= 0 && told >= closeTime) return undefined;
    const closing = this.#closing(told, closeTime);
    return closing.last < 0 || closing.last < closing.first ? undefined : closing;
  }

  /** They are told. */
  tell(closeTime: number): void {
    this.#times.tell(closeTime);
  }
}
