import { PeridotError } from "../errors.ts";
import { type BranchPredicate, OTHERWISE } from "../operators/branch.ts";
import { conditionOf, type FieldCondition } from "../operators/filter-fields.ts";
import type { Condition } from "./fields.ts";
import type { KStream } from "./kstream.ts";
import type { KnownSerdes } from "./produced.ts";

/** The streams of a split by the names of its branches. */
export type Branches<K, V, Known extends KnownSerdes, Names extends string> = Readonly<
  Record<Names, KStream<K, V, Known>>
>;

interface NamedBranch {
  readonly name: string;
  readonly predicate: BranchPredicate;
}

/** Makes the nodes once all branches are known, and gives a stream for each. */
export type MakeBranches<K, V, Known extends KnownSerdes> = (
  branches: readonly NamedBranch[],
) => readonly KStream<K, V, Known>[];

/**
 * A stream that is being split: each record goes to the first branch whose predicate holds, and to that alone.
 * Immutable; `defaultBranch` or `noDefaultBranch` gives the streams.
 *
 * @example
 *   const { adults, others } = clients.split()
 *     .branch("adults", { Age: { ge: 18 } })
 *     .defaultBranch("others");
 */
export class BranchedKStream<K, V, Known extends KnownSerdes, Names extends string = never> {
  readonly #make: MakeBranches<K, V, Known>;
  readonly #branches: readonly NamedBranch[];

  /** They come from KStream#split. */
  constructor(make: MakeBranches<K, V, Known>, branches: readonly NamedBranch[] = []) {
    this.#make = make;
    this.#branches = branches;
  }

  /**
   * One more branch. `predicate`: a function, or a condition on fields, which runs in Wasm for JSON with a schema where
   * all branches have conditions.
   *
   * @throws TOPOLOGY_INVALID if there is a branch of that name
   */
  branch<const N extends string>(
    name: N,
    predicate: Condition<V> | ((key: K, value: V) => boolean),
  ): BranchedKStream<K, V, Known, Names | N> {
    const asPredicate =
      typeof predicate === "function"
        ? { fn: predicate, all: undefined }
        : conditionOf(predicate as Readonly<Record<string, FieldCondition | undefined>>);
    return this.#with(name, asPredicate);
  }

  /** The streams; what no predicate holds for goes to this branch. */
  defaultBranch<const N extends string>(name: N): Branches<K, V, Known, Names | N> {
    return this.#with(name, OTHERWISE).noDefaultBranch();
  }

  /** The streams; what no predicate holds for goes nowhere. */
  noDefaultBranch(): Branches<K, V, Known, Names> {
    if (this.#branches.length === 0) {
      throw new PeridotError("TOPOLOGY_INVALID", {
        problem: "a split without branches",
        remedy: 'Give it one: split().branch("big", (key, value) => value > 10)',
      });
    }
    const streams = this.#make(this.#branches);
    const byName = this.#branches.map(({ name }, index) => [name, streams[index]]);
    return Object.freeze(Object.fromEntries(byName)) as Branches<K, V, Known, Names>;
  }

  #with<N extends string>(name: N, predicate: BranchPredicate): BranchedKStream<K, V, Known, Names | N> {
    if (this.#branches.some((each) => each.name === name)) {
      throw new PeridotError("TOPOLOGY_INVALID", {
        problem: `a split has two branches named "${name}"`,
        remedy: "Give each its own name",
      });
    }
    return new BranchedKStream(this.#make, [...this.#branches, { name, predicate }]);
  }
}
