import { json, type KStream, type Partitioner, type StreamsBuilder, string } from "../../host/index.ts";
import type { AnySerde } from "../../host/topology/serde.ts";
import { ROW, type Spec, type SpecNode, type SpecPredicate, type Where } from "./topology-spec.ts";

type Stream = KStream<never, never>;

/** The serdes of sources and sinks. */
const VALUES: Readonly<Record<string, AnySerde>> = { texts: string, rows: ROW, projected: json<unknown>() };

/** Builds a spec by our DSL, node by node, in their order. `see` takes down what peek and forEach see. */
export function buildSpec(
  builder: StreamsBuilder,
  spec: Spec,
  see: (name: string, what: unknown) => void,
): void {
  const streams = new Map<number, Stream>();
  const ways = new Map<number, Readonly<Record<string, Stream>>>();
  for (const node of spec.nodes) {
    const [first, second] = node.parents.map((id) => streams.get(id)!);
    const next = attach(node, first!, second);
    if (next !== undefined) streams.set(node.id, next);
  }

  function attach(node: SpecNode, from: Stream, other: Stream | undefined): Stream | undefined {
    const looking = (fn: (key: never, value: never) => void) => (key: never, value: never) => {
      see(String(node.id), { key, value });
      return fn(key, value); // it may refuse
    };
    switch (node.op) {
      case "source":
        return builder.stream(node.topic, { key: string, value: VALUES[node.of]! }) as unknown as Stream;
      case "mapValues":
        return from.mapValues((value: never, key: never) => node.fn(key, value)) as unknown as Stream;
      case "map":
        return from.map(node.fn) as unknown as Stream;
      case "selectKey":
        return from.selectKey(node.fn) as unknown as Stream;
      case "flatMap":
        return from.flatMap(node.fn) as unknown as Stream;
      case "flatMapValues":
        return from.flatMapValues((value: never, key: never) => node.fn(key, value)) as unknown as Stream;
      case "filter":
        return node.keeps ? from.filter(node.fn) : from.filterNot(node.fn);
      case "where":
        return node.keeps ? from.filter(condition(node.where)) : from.filterNot(condition(node.where));
      case "project":
        return from.mapValues(node.fields as never) as unknown as Stream;
      case "peek":
        return from.peek(looking(node.fn));
      case "forEach":
        from.forEach(looking(node.fn));
        return undefined;
      case "split":
        ways.set(node.id, split(from, node.predicates, node.otherwise));
        return undefined;
      case "way":
        return ways.get(node.parents[0]!)![String(node.index)];
      case "merge":
        return from.merge(other ?? from);
      case "repartition":
        return from.repartition({
          name: node.name,
          key: string,
          value: string,
        } as never) as unknown as Stream;
      case "sink": {
        const partitioner: Partitioner | undefined =
          node.partitioner && ((_topic, key, _value, partitions) => node.partitioner!(key, partitions));
        const produced = { key: string, value: VALUES[node.of]!, ...(partitioner && { partitioner }) };
        from.to(node.topic as never, produced as never);
        return undefined;
      }
    }
  }
}

function split(from: Stream, predicates: readonly SpecPredicate[], otherwise: boolean) {
  let branches = from.split();
  for (const [index, predicate] of predicates.entries()) {
    const holds = typeof predicate === "function" ? predicate : condition(predicate);
    branches = branches.branch(String(index), holds) as typeof branches;
  }
  return otherwise ? branches.defaultBranch(String(predicates.length)) : branches.noDefaultBranch();
}

function condition({ field, comparator, constant }: Where): never {
  return { [field]: { [comparator]: constant } } as never;
}
