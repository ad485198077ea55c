import type { Clock, Timer } from "../clock.ts";

export interface TopicWatchSettings {
  /** The source topics as they are now: partitions by topic. */
  readonly look: () => Promise<ReadonlyMap<string, number>>;
  readonly clock: Clock;
  /** Milliseconds between two looks. */
  readonly everyMs: number;
  /** Called once for each `start`: there are other topics, or other partitions, than the tasks were made for. */
  readonly onChange: () => void;
}

/**
 * The leader of the group looks at the source topics now and then, as Kafka Streams' does: partitions that were added
 * get tasks at the rebalance that it calls for; a topic that is gone is then told as an error.
 */
export class TopicWatch {
  readonly #settings: TopicWatchSettings;
  #timer: Timer | undefined;

  constructor(settings: TopicWatchSettings) {
    this.#settings = settings;
  }

  /** `counts`: partitions by topic, as the tasks of this generation were made for. */
  start(counts: ReadonlyMap<string, number>): void {
    this.stop();
    const timer = this.#settings.clock.timer(this.#settings.everyMs, () => this.#look(timer, counts));
    this.#timer = timer;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  async #look(timer: Timer, counts: ReadonlyMap<string, number>): Promise<void> {
    const { look, onChange } = this.#settings;
    // Brokers that cannot be asked now are asked the next time.
    const found = await look().catch(() => undefined);
    if (this.#timer !== timer) return;
    const isSame =
      found === undefined ||
      (found.size === counts.size && [...found].every(([topic, count]) => counts.get(topic) === count));
    if (isSame) this.start(counts);
    else onChange();
  }
}
