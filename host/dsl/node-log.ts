import { PeridotError } from "../errors.ts";
import type { LogicalNode, LogicalTopology, NodeId } from "../topology/node.ts";
import type { StoreSpec } from "../topology/store-spec.ts";

/** A node before the log gives it its id and, if it has none, its name. */
export type NewNode = LogicalNode extends infer N
  ? N extends LogicalNode
    ? Omit<N, "id" | "name">
    : never
  : never;

/**
 * What a builder's calls have said so far, in their order: a node once written never changes. The order tells
 * siblings apart, since a record goes to the children of a node in the order in which they were attached.
 */
export class NodeLog {
  readonly #nodes: LogicalNode[] = [];
  readonly #names = new Set<string>();
  readonly #stores = new Map<string, StoreSpec>();

  /** @param role part of the generated name: KSTREAM-<role>-<id in ten digits>, as in Kafka Streams. */
  append(node: NewNode, role: string, name: string | undefined): NodeId {
    const id = this.#nodes.length;
    const given = name ?? `KSTREAM-${role}-${String(id).padStart(10, "0")}`;
    if (this.#names.has(given)) {
      throw new PeridotError("TOPOLOGY_INVALID", {
        problem: `two nodes are named "${given}"`,
        remedy: "Give each its own name",
      });
    }
    this.#names.add(given);
    this.#nodes.push(deepFreeze({ ...node, id, name: given } as LogicalNode));
    return id;
  }

  /** @throws TOPOLOGY_INVALID if another store has the name */
  addStore(spec: StoreSpec): void {
    const present = this.#stores.get(spec.name);
    if (present === spec) return;
    if (present !== undefined) {
      throw new PeridotError("TOPOLOGY_INVALID", {
        problem: `two stores are named "${spec.name}"`,
        remedy: "Give each its own name",
      });
    }
    this.#stores.set(spec.name, Object.freeze(spec));
  }

  nameOf(node: NodeId): string {
    return this.#nodes[node]!.name;
  }

  get topology(): LogicalTopology {
    return Object.freeze({
      nodes: Object.freeze([...this.#nodes]),
      stores: Object.freeze([...this.#stores.values()]),
    });
  }
}

/** Freezes plain data all the way down; what has a class of its own (a serde, say) is its owner's. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== Array.prototype) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
