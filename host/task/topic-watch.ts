import type { Clock, Timer } from "../clock.ts";
import type { Admin } from "../transport/port.ts";

export interface TopicWatchSettings {
  readonly admin: Admin;
  readonly clock: Clock;
  /** Milliseconds between two looks. */
  readonly everyMs: number;
  readonly topics: readonly string[];
  /** Called once for each `start`: a topic has another number of partitions than the tasks were made for, or is gone. */
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
    const { admin, topics, onChange } = this.#settings;
    // Brokers that cannot be asked now are asked the next time.
    const described = await admin.describeTopics(topics).catch(() => undefined);
    if (this.#timer !== timer) return;
    const changed = topics.some((topic) => described?.get(topic)?.partitions !== counts.get(topic));
    if (described !== undefined && changed) onChange();
    else this.start(counts);
  }
}
