import { PeridotError } from "../errors.ts";
import type { GlobalTableSpec } from "../topology/global-table.ts";
import type { LogicalNode, LogicalTopology, NodeId } from "../topology/node.ts";
import type { Operator } from "../topology/operator.ts";
import type { StoreSpec } from "../topology/store-spec.ts";

/** A node before the log gives it its id and, if it has none, its name. */
export type NewNode = LogicalNode extends infer N
  ? N extends LogicalNode
    ? Omit<N, "id" | "name">
    : never
  : never;

/** What a node of a table comes to once all that stands below it is known. */
export interface LateNode {
  readonly operator: Operator;
  /** undefined: it needs none. */
  readonly store: StoreSpec | undefined;
}

/**
 * What a builder's calls have said so far, in their order: a node once written never changes. The order tells
 * siblings apart, since a record goes to the children of a node in the order in which they were attached.
 */
export class NodeLog {
  readonly #nodes: LogicalNode[] = [];
  readonly #names = new Set<string>();
  readonly #stores = new Map<string, StoreSpec>();
  readonly #globals: GlobalTableSpec[] = [];
  readonly #late = new Map<NodeId, () => LateNode>();
  /** Names generated so far: each has its number, as in Kafka Streams. */
  #generated = 0;

  /** @param role part of the generated name, see `nameFor`. */
  append(node: NewNode, role: string, name: string | undefined): NodeId {
    return this.appendNamed(node, this.nameFor(role, name));
  }

  appendNamed(node: NewNode, given: string): NodeId {
    const id = this.#nodes.length;
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

  /** A node whose operator depends on what is added below it: `make` is asked whenever the topology is. */
  appendLate(parents: readonly NodeId[], name: string, make: () => LateNode): NodeId {
    const id = this.appendNamed({ kind: "processor", parents, operator: make().operator }, name);
    this.#late.set(id, make);
    return id;
  }

  /**
   * A name that is given, or KSTREAM-<role>-<number in ten digits>, as in Kafka Streams: a number is used up in any case. A
   * role that says KTABLE- itself stays as it is.
   */
  nameFor(role: string, given: string | undefined): string {
    const prefix = /^(KSTREAM|KTABLE|COGROUPKSTREAM)-/.test(role) ? role : `KSTREAM-${role}`;
    const generated = `${prefix}-${this.#number()}`;
    return given ?? generated;
  }

  /** The name of a store that has none, as in Kafka Streams. */
  newStoreName(prefix: string): string {
    return `${prefix}-STATE-STORE-${this.#number()}`;
  }

  #number(): string {
    return String(this.#generated++).padStart(10, "0");
  }

  /** @throws TOPOLOGY_INVALID if another store has the name */
  addStore(spec: StoreSpec): void {
    const present = this.#stores.get(spec.name);
    if (present === spec) return;
    if (present !== undefined) throw twoStores(spec.name);
    this.#stores.set(spec.name, Object.freeze(spec));
  }

  /** @throws TOPOLOGY_INVALID if another store has the name of its store */
  addGlobal(spec: Omit<GlobalTableSpec, "before">): void {
    const present = this.#globals.find(({ store }) => store.name === spec.store.name);
    if (present !== undefined) throw twoStores(spec.store.name);
    this.#globals.push(Object.freeze({ ...spec, before: this.#nodes.length }));
  }

  nameOf(node: NodeId): string {
    return this.#nodes[node]!.name;
  }

  /** Whether an operator since the last topic may have changed keys: records of one key may lie in several partitions. */
  changedKeys(node: NodeId): boolean {
    const each = this.#nodes[node]!;
    if (each.kind === "source") return false;
    if (each.kind === "processor" && each.operator.facts.changesKey) return true;
    return each.parents.some((parent) => this.changedKeys(parent));
  }

  /** @throws TOPOLOGY_INVALID if two stores have one name */
  get topology(): LogicalTopology {
    const stores = new Map(this.#stores);
    const nodes = this.#nodes.map((node) => {
      const late = this.#late.get(node.id)?.();
      if (late === undefined) return node;
      const { operator, store } = late;
      if (store !== undefined) {
        const present = stores.get(store.name);
        if (present !== undefined && present !== store) throw twoStores(store.name);
        stores.set(store.name, store);
      }
      return Object.freeze({ ...node, operator: deepFreeze(operator) }) as LogicalNode;
    });
    const globals = Object.freeze([...this.#globals]);
    const twice = globals.find(({ store }) => stores.has(store.name));
    if (twice !== undefined) throw twoStores(twice.store.name);
    return Object.freeze({
      nodes: Object.freeze(nodes),
      stores: Object.freeze([...stores.values()]),
      globals,
    });
  }
}

function twoStores(name: string): PeridotError {
  return new PeridotError("TOPOLOGY_INVALID", {
    problem: `two stores are named "${name}"`,
    remedy: "Give each its own name",
  });
}

/** Freezes plain data all the way down; what has a class of its own (a serde, say) is its owner's. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== Array.prototype) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
