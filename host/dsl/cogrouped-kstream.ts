import { aggregate } from "../operators/aggregate.ts";
import { merge } from "../operators/merge.ts";
import type { SendsOld } from "../topology/change.ts";
import type { NodeId } from "../topology/node.ts";
import type { Operator } from "../topology/operator.ts";
import type { Err } from "../topology/result.ts";
import type { StoreSpec } from "../topology/store-spec.ts";
import type { SessionWindows, SlidingWindows, TimeWindows, Windows } from "../topology/windows.ts";
import { type Grouping, groupedNode, type KGroupedStream, type MaterializedAs } from "./kgrouped-stream.ts";
import { KTable } from "./ktable.ts";
import { type Materialized, materializedSpec, storeName, windowedSpec } from "./materialized.ts";
import type { NodeLog } from "./node-log.ts";
import { keptLink, type TableLink } from "./table-link.ts";
import {
  closeMsOf,
  type WindowedAggregation,
  type WindowedTable,
  windowedSerdes,
  windowOperator,
} from "./windowed-kstream.ts";

interface CogroupInput {
  readonly log: NodeLog;
  readonly node: NodeId;
  readonly grouping: Grouping;
  readonly aggregator: (key: never, value: never, aggregate: never) => unknown;
}

const ROLE = "COGROUPKSTREAM-AGGREGATE";

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

  /** The same in windows of time: a value for each key and window. */
  windowedBy(windows: TimeWindows | SlidingWindows): TimeWindowedCogroupedKStream<K, A>;
  /** In sessions. */
  windowedBy(windows: SessionWindows): SessionWindowedCogroupedKStream<K, A>;
  windowedBy(windows: Windows): TimeWindowedCogroupedKStream<K, A> | SessionWindowedCogroupedKStream<K, A> {
    return windows.kind === "session"
      ? new SessionWindowedCogroupedKStream(this.#inputs, windows)
      : new TimeWindowedCogroupedKStream(this.#inputs, windows);
  }

  /** @param initializer what a key begins with. */
  aggregate(initializer: () => A, materialized: MaterializedAs<K, A>): KTable<K, A, "key" | "value"> {
    const { spec, node, link } = cogrouped(
      this.#inputs,
      materialized,
      (store, key) => materializedSpec(store, materialized, { key, value: undefined }),
      (store, sends, { aggregator }) => aggregate(ROLE, store, sends, { initializer, aggregator }),
    );
    return new KTable(this.#inputs[0]!.log, node, spec, link);
  }
}

/** The same in windows of time. */
export class TimeWindowedCogroupedKStream<K, A> {
  readonly #inputs: readonly CogroupInput[];
  readonly #windows: TimeWindows | SlidingWindows;
  /** There is nothing here at run time. */
  declare readonly cogroupedTypes: { readonly key: K; readonly aggregate: A };

  /** They come from CogroupedKStream#windowedBy. */
  constructor(inputs: readonly CogroupInput[], windows: TimeWindows | SlidingWindows) {
    this.#inputs = inputs;
    this.#windows = windows;
  }

  /** @param initializer what a window begins with. */
  aggregate(initializer: () => A, materialized: MaterializedAs<K, A>): WindowedTable<K, A> {
    return windowed(this.#inputs, this.#windows, materialized, { initializer });
  }
}

/** The same in sessions. */
export class SessionWindowedCogroupedKStream<K, A> {
  readonly #inputs: readonly CogroupInput[];
  readonly #windows: SessionWindows;
  /** There is nothing here at run time. */
  declare readonly cogroupedTypes: { readonly key: K; readonly aggregate: A };

  /** They come from CogroupedKStream#windowedBy. */
  constructor(inputs: readonly CogroupInput[], windows: SessionWindows) {
    this.#inputs = inputs;
    this.#windows = windows;
  }

  /**
   * @param initializer what a session begins with.
   * @param merger of two sessions, the earlier one first, when a record joins them.
   */
  aggregate(
    initializer: () => A,
    merger: (key: K, one: A, other: A) => A | Err,
    materialized: MaterializedAs<K, A>,
  ): WindowedTable<K, A> {
    return windowed(this.#inputs, this.#windows, materialized, { initializer, merger });
  }
}

function windowed<K, A>(
  inputs: readonly CogroupInput[],
  windows: Windows,
  materialized: MaterializedAs<K, A>,
  given: Omit<WindowedAggregation, "aggregator">,
): WindowedTable<K, A> {
  const emits = "on-window-update";
  const { spec, node, link } = cogrouped(
    inputs,
    materialized,
    (store, key) => windowedSpec(store, materialized, { key, value: undefined }, windows, emits),
    (store, sends, { aggregator }, index) => {
      const aggregation = { ...given, aggregator };
      return windowOperator(ROLE, store, sends, { aggregation, windows, emits, input: `${index}` });
    },
  );
  const closing = { ...link, closeMs: closeMsOf(windows) };
  return new KTable(inputs[0]!.log, node, windowedSerdes(spec, windows), closing);
}

/** A node for each input, all with one store, and one that brings their changes together. */
function cogrouped<K, A>(
  inputs: readonly CogroupInput[],
  materialized: Materialized<K, A>,
  specOf: (store: string, key: Grouping["key"]) => StoreSpec,
  operatorOf: (store: string, sends: SendsOld, input: CogroupInput, index: number) => Operator,
): { readonly spec: StoreSpec; readonly node: NodeId; readonly link: TableLink } {
  const { log } = inputs[0]!;
  const store = storeName(log, ROLE, materialized);
  const spec = specOf(store, inputs.find(({ grouping }) => grouping.key !== undefined)?.grouping.key);
  const sends = { old: false };
  const parents = inputs.map(({ node, grouping }, index) =>
    groupedNode(log, node, grouping, spec, index === 0 ? "" : `-${index}`),
  );
  const nodes = inputs.map((input, index) => {
    const given = materialized.name && `${materialized.name}-cogroup-agg-${index}`;
    return log.appendLate([parents[index]!], log.nameFor(ROLE, given), () => ({
      operator: operatorOf(store, sends, input, index),
      store: spec,
    }));
  });
  const node = log.append(
    { kind: "processor", parents: nodes, operator: merge() },
    "COGROUPKSTREAM-MERGE",
    materialized.name && `${materialized.name}-cogroup-merge`,
  );
  return { spec, node, link: keptLink(sends, materialized.store, spec) };
}
