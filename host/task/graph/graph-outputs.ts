import { BATCH_ROWS_MAX } from "../../../kernels/abi/limits.ts";
import { NO_HEADERS } from "../../batch/record-header.ts";
import type { Path } from "../position.ts";
import type { SinkTarget, SinkTargets } from "../sink-targets.ts";

/** Where in the task's input a record was made. */
export interface MadeAt {
  readonly row: number;
  readonly place: number;
  readonly path: Path | undefined;
}

/** Records made one by one for one topic: a Batch, and where each of them was made. */
export interface MadeBatch {
  readonly target: SinkTarget;
  /** The node, or the store, that wrote them: of the last one. */
  readonly node: string;
  readonly batch: Uint8Array;
  /** By record. */
  readonly made: readonly MadeAt[];
  /** By record: its partition; -1: by the key. */
  readonly partitions: Int32Array;
  readonly isChangelog: boolean;
}

interface Gathered {
  readonly target: SinkTarget;
  node: string;
  made: MadeAt[];
  partitions: number[];
}

/** Collects what a graph writes, topic by topic, in the order in which it comes. */
export class GraphOutputs {
  readonly #targets: SinkTargets;
  readonly #byTopic = new Map<string, Gathered>();
  readonly #full: MadeBatch[] = [];

  readonly #isChangelog: boolean;

  /** @param isChangelog whether stores write it, not nodes. */
  constructor(targets: SinkTargets, isChangelog: boolean) {
    this.#targets = targets;
    this.#isChangelog = isChangelog;
  }

  /** How often a topic was met for the first time: linear memory may have grown then, and views of it are void. */
  get grown(): number {
    return this.#byTopic.size;
  }

  /** Partitions of a topic; undefined: nothing is known of it. */
  partitionsOf(topic: string): number | undefined {
    const target = this.#targets.of(topic);
    if (target !== undefined) this.#gathered(topic, "");
    return target?.topic.partitions;
  }

  /**
   * @param partition -1: by the key.
   * @param topic of which `partitionsOf` knows.
   */
  add(
    at: MadeAt,
    topic: string,
    node: string,
    partition: number,
    record: {
      readonly key: Uint8Array | string | null;
      readonly value: Uint8Array | string | null;
      readonly timestamp: number;
      readonly rawHeaders?: Uint8Array;
    },
  ): void {
    const gathered = this.#gathered(topic, node);
    const { key, value, timestamp, rawHeaders = NO_HEADERS } = record;
    gathered.target.builder.appendAt(key, value, timestamp, rawHeaders);
    gathered.node = node;
    gathered.made.push(at);
    gathered.partitions.push(partition);
    if (gathered.made.length === BATCH_ROWS_MAX) this.#finish(gathered);
  }

  /** Everything so far; nothing is left. */
  take(): readonly MadeBatch[] {
    for (const gathered of this.#byTopic.values()) if (gathered.made.length > 0) this.#finish(gathered);
    return this.#full.splice(0);
  }

  drop(): void {
    this.take();
  }

  #gathered(topic: string, node: string): Gathered {
    let gathered = this.#byTopic.get(topic);
    if (gathered === undefined) {
      gathered = { target: this.#targets.of(topic)!, node, made: [], partitions: [] };
      this.#byTopic.set(topic, gathered);
    }
    return gathered;
  }

  #finish(gathered: Gathered): void {
    const { target, node, made, partitions } = gathered;
    this.#full.push({
      target,
      node,
      batch: target.builder.finish(),
      made,
      partitions: Int32Array.from(partitions),
      isChangelog: this.#isChangelog,
    });
    gathered.made = [];
    gathered.partitions = [];
  }
}
