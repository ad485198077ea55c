import type { Plan } from "../topology/plan.ts";
import type { OutgoingBatch } from "../transport/port.ts";
import { taskName } from "./task.ts";
import type { TaskStates } from "./task-states.ts";

/** Knows which batches belong to changelogs, and of which stores. */
export class ChangelogWatch {
  readonly #stores: ReadonlyMap<string, { readonly subTopology: number; readonly store: string }>;

  constructor({ subTopologies }: Plan) {
    this.#stores = new Map(
      subTopologies.flatMap(({ id: subTopology, stores }) =>
        stores.flatMap(({ spec, changelog }) =>
          changelog === undefined ? [] : [[changelog, { subTopology, store: spec.name }] as const],
        ),
      ),
    );
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
}
