import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Peridot, peridot } from "../../host/app.ts";
import type { PeridotConfig } from "../../host/config.ts";
import { EmbeddedBroker, type EmbeddedBrokerSettings } from "../../host/transport/memory/embedded-broker.ts";
import { memoryTransport } from "../../host/transport/memory/memory-transport.ts";
import { VirtualClock } from "../../host/transport/memory/virtual-clock.ts";

/** An embedded broker under a virtual clock, and applications on it, one after another or at once. */
export class EmbeddedScene {
  readonly clock = new VirtualClock();
  readonly broker: EmbeddedBroker;
  readonly #stateDir = mkdtempSync(join(tmpdir(), "peridot-topics-"));
  #lives = 0;

  /** @param topics their partitions by name. */
  constructor(
    topics: Readonly<Record<string, number>>,
    settings: Partial<Omit<EmbeddedBrokerSettings, "clock">> = {},
  ) {
    this.broker = new EmbeddedBroker({ clock: this.clock, random: Math.random, ...settings });
    for (const [topic, partitions] of Object.entries(topics)) this.broker.createTopic(topic, { partitions });
  }

  app(topology: (app: Peridot) => void, changes: Partial<PeridotConfig> = {}): Peridot {
    const app = peridot({
      applicationId: "app",
      transport: memoryTransport(this.broker),
      clock: this.clock,
      stateDir: join(this.#stateDir, `${this.#lives++}`),
      ...changes,
    });
    topology(app);
    return app;
  }

  /** Starts it, lets `act` look on, and closes it. */
  async run(app: Peridot, act: () => Promise<void> = async () => {}): Promise<void> {
    await this.clock.runFor(app.start());
    await act();
    await this.clock.runFor(app.close());
  }

  partitionsOf(topic: string): number | undefined {
    return this.broker.cluster.topics.get(topic)?.partitions.length;
  }

  /** Committed keys and values by partition. */
  read(topic: string): string[][] {
    return this.broker.read(topic).map((records) => records.map(({ key, value }) => `${key}=${value}`));
  }

  /** Resolves once so many records are committed in a topic. */
  async committed(topic: string, count: number): Promise<void> {
    await this.clock.runUntil(() => this.broker.read(topic).flat().length === count);
  }

  close(): void {
    rmSync(this.#stateDir, { recursive: true, force: true });
  }
}
