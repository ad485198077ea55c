import type { Plan, PlannedStore } from "../topology/plan.ts";
import type { OutgoingBatch, TopicPartition } from "../transport/port.ts";
import { taskName } from "./task.ts";
import type { TaskStates } from "./task-states.ts";

type StoreByTopic = ReadonlyMap<string, { readonly subTopology: number; readonly store: string }>;

/** Knows which batches belong to changelogs, and of which stores; and which stores go by how far their source is consumed. */
export class ChangelogWatch {
  readonly #stores: StoreByTopic;
  readonly #sources: StoreByTopic;

  constructor(plan: Plan) {
    this.#stores = storesBy(plan, ({ changelog }) => changelog);
    this.#sources = storesBy(plan, ({ source }) => source?.topic);
  }

  /** The same batch; what the log says of it reaches the store. */
  watched(batch: OutgoingBatch, states: TaskStates): OutgoingBatch {
    const found = this.#stores.get(batch.topic);
    if (found === undefined) return batch;
    const state = states.of(taskName({ subTopology: found.subTopology, partition: batch.partition }));
    if (state === undefined) return batch;
    const behind = (baseOffset: bigint | undefined) =>
      baseOffset === undefined ? undefined : baseOffset + BigInt(batch.records);
    return { ...batch, stored: (baseOffset) => state.acknowledged(found.store, behind(baseOffset)) };
  }

  /** What a transaction commits of its input, it commits of the stores that are restored from there. */
  consumed(offsets: readonly (TopicPartition & { readonly offset: bigint })[], states: TaskStates): void {
    for (const { topic, partition, offset } of offsets) {
      const found = this.#sources.get(topic);
      if (found === undefined) continue;
      states.of(taskName({ subTopology: found.subTopology, partition }))?.acknowledged(found.store, offset);
    }
  }
}

function storesBy(
  { subTopologies }: Plan,
  topicOf: (store: PlannedStore) => string | undefined,
): StoreByTopic {
  return new Map(
    subTopologies.flatMap(({ id: subTopology, stores }) =>
      stores.flatMap((store) => {
        const topic = topicOf(store);
        return topic === undefined ? [] : [[topic, { subTopology, store: store.spec.name }] as const];
      }),
    ),
  );
}
