import { aggregate } from "../operators/aggregate.ts";
import { merge } from "../operators/merge.ts";
import type { NodeId } from "../topology/node.ts";
import type { Err } from "../topology/result.ts";
import { type Grouping, groupedNode, type KGroupedStream, type MaterializedAs } from "./kgrouped-stream.ts";
import { KTable } from "./ktable.ts";
import { materializedSpec, storeName } from "./materialized.ts";
import type { NodeLog } from "./node-log.ts";
import { keptLink } from "./table-link.ts";

interface CogroupInput {
  readonly log: NodeLog;
  readonly node: NodeId;
  readonly grouping: Grouping;
  readonly aggregator: (key: never, value: never, aggregate: never) => unknown;
}

/** Several grouped streams whose records change one value for each key. */
export class CogroupedKStream<K, A> {
  readonly #inputs: readonly CogroupInput[];
  /** There is nothing here at run time. */
  declare readonly cogroupedTypes: { readonly key: K; readonly aggregate: A };

  /** Cogrouped streams come from KGroupedStream#cogroup. */
  constructor(inputs: readonly CogroupInput[]) {
    this.#inputs = inputs;
  }

  /** One more stream, with an aggregator of its own. */
  cogroup<V>(
    other: KGroupedStream<K, V>,
    aggregator: (key: K, value: V, aggregate: A) => A | null | Err,
  ): CogroupedKStream<K, A> {
    return new CogroupedKStream([...this.#inputs, other.inputOf(aggregator)]);
  }

  /** @param initializer what a key begins with. */
  aggregate(initializer: () => A, materialized: MaterializedAs<K, A>): KTable<K, A, "key" | "value"> {
    const { log } = this.#inputs[0]!;
    const store = storeName(log, "COGROUPKSTREAM-AGGREGATE", materialized);
    const key = this.#inputs.find(({ grouping }) => grouping.key !== undefined)?.grouping.key;
    const spec = materializedSpec(store, materialized, { key, value: undefined });
    const sends = { old: false };
    const role = "COGROUPKSTREAM-AGGREGATE";
    const parents = this.#inputs.map(({ node, grouping }, index) =>
      groupedNode(log, node, grouping, spec, index === 0 ? "" : `-${index}`),
    );
    const nodes = this.#inputs.map(({ aggregator }, index) => {
      const given = materialized.name && `${materialized.name}-cogroup-agg-${index}`;
      return log.appendLate([parents[index]!], log.nameFor(role, given), () => ({
        operator: aggregate(role, store, sends, { initializer, aggregator }),
        store: spec,
      }));
    });
    const merged = merge();
    const node = log.append(
      { kind: "processor", parents: nodes, operator: merged },
      "COGROUPKSTREAM-MERGE",
      materialized.name && `${materialized.name}-cogroup-merge`,
    );
    return new KTable(log, node, spec, keptLink(sends, materialized.store));
  }
}
