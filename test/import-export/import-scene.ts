import type { PeridotConfig } from "../../host/config.ts";
import { type ResolvedConfig, resolveConfig } from "../../host/config.ts";
import type { PeridotError } from "../../host/errors.ts";
import { Importer, type ImportProgress } from "../../host/import-export/importer.ts";
import { string } from "../../host/serdes/index.ts";
import { limitsOfConfigs, type TopicLimits } from "../../host/task/topic-limits.ts";
import type { Import } from "../../host/topology/imported.ts";
import { EmbeddedBroker } from "../../host/transport/memory/embedded-broker.ts";
import { memoryTransport } from "../../host/transport/memory/memory-transport.ts";
import { VirtualClock } from "../../host/transport/memory/virtual-clock.ts";
import { SeededRandom } from "../sim/seeded-random.ts";

export const TOPIC = "items";
export const LETTERS = "letters";

/** An embedded broker with a topic for an import, on a virtual clock, and importers of one application. */
export class ImportScene {
  readonly clock = new VirtualClock();
  readonly broker = new EmbeddedBroker({ clock: this.clock, random: new SeededRandom(7).next });
  #lives = 0;

  constructor(partitions = 2) {
    this.broker.createTopic(TOPIC, { partitions });
    this.broker.createTopic(LETTERS);
  }

  config(changes: Partial<PeridotConfig> = {}): ResolvedConfig {
    const transport = memoryTransport(this.broker);
    return resolveConfig({ applicationId: "app", transport, clock: this.clock, ...changes });
  }

  /** One life of a process that feeds, or waits to. */
  life(imported: Partial<Import> & Pick<Import, "source">, changes: Partial<PeridotConfig> = {}): Life {
    const config = this.config(changes);
    return new Life(
      this,
      config,
      {
        name: "lines",
        record: undefined,
        key: string,
        value: string,
        errors: {},
        ...imported,
      },
      `life-${this.#lives++}`,
    );
  }

  /** Committed, partition by partition. */
  get values(): readonly string[] {
    return this.broker
      .read(TOPIC)
      .flat()
      .map(({ value }) => String(value));
  }

  get committed() {
    return this.broker.committedOffsets("app-import-lines").get(`${TOPIC}-0`);
  }
}

export class Life {
  readonly #scene: ImportScene;
  readonly importer: Importer;
  progress: ImportProgress = { state: "waiting", items: 0 };
  /** What it ended with. */
  error: PeridotError | undefined;
  ended: Promise<void> = Promise.resolve();

  constructor(scene: ImportScene, config: ResolvedConfig, imported: Import, name: string) {
    this.#scene = scene;
    this.importer = new Importer({
      config,
      transport: config.transport!,
      imported,
      topic: TOPIC,
      partitionsOf: new Map([
        [TOPIC, scene.broker.cluster.topics.get(TOPIC)!.partitions.length],
        [LETTERS, 1],
      ]),
      limitsOf: limitsOf(scene.broker, [TOPIC, LETTERS]),
      processId: name,
      life: name,
      onProgress: (progress) => {
        this.progress = progress;
      },
    });
  }

  /** Whoever moves the clock sees it go on. */
  async begin(): Promise<void> {
    this.ended = this.importer
      .start()
      .then(() => this.importer.run())
      .catch((error) => {
        this.error = error;
      });
    await this.ended;
  }

  async start(): Promise<this> {
    void this.begin();
    await this.#scene.clock.advance(1);
    return this;
  }

  async run(): Promise<this> {
    await this.start();
    await this.until(() => this.progress.state === "ended" || this.error !== undefined);
    return this;
  }

  async until(holds: () => boolean): Promise<void> {
    await this.#scene.clock.runUntil(holds);
  }

  async close(): Promise<void> {
    this.importer.close();
    await this.#scene.clock.runFor(this.ended);
    await this.importer.disconnect();
  }
}

/** Ten numbered records and more, each with its number as position; from the position on. */
export async function* numbers(
  to: number,
  from = 0,
): AsyncGenerator<{ key: string; value: string; position: number }> {
  for (let number = from; number < to; number++) {
    yield { key: `k${number % 3}`, value: `${number}`, position: number + 1 };
  }
}

/** As an application reads them before it makes its importers. */
function limitsOf(broker: EmbeddedBroker, topics: readonly string[]): ReadonlyMap<string, TopicLimits> {
  const names = ["max.message.bytes", "cleanup.policy"];
  const configsOf = (topic: string) => {
    const found = broker.cluster.topics.get(topic)!;
    return new Map(names.map((name) => [name, found.config(name)!]));
  };
  return new Map(topics.map((topic) => [topic, limitsOfConfigs(configsOf(topic))!]));
}
