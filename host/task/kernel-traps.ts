import { unreachable } from "../assert.ts";
import { nameOf } from "../commit/partition-name.ts";
import type { TopicPartition } from "../transport/port.ts";
import { decideBisect, type Suspects } from "./decide-bisect.ts";

/** What is known of one kernel's traps over one source partition. */
export interface KernelSearch {
  /** Records that are not given to it any more, by their offsets, each with what its trap said. */
  readonly blamed: Map<bigint, string>;
  suspects: Suspects | undefined;
}

/**
 * What the traps of users' kernels have told so far. A trap ends the life of the instance, and of the runner with it: what
 * is known of it outlives them, and belongs to the stream thread.
 */
export class KernelTraps {
  /** By partition, then by node. */
  readonly #searches = new Map<string, Map<string, KernelSearch>>();

  /** undefined: the kernel of this node has not trapped over this partition. */
  searchOf(node: string, partition: TopicPartition): KernelSearch | undefined {
    return this.#searches.get(nameOf(partition))?.get(node);
  }

  /**
   * Notes a trap.
   *
   * @param offsets of the records that the kernel was given, rising.
   * @param at the one that it was at; undefined: it has not told.
   */
  trapped(
    node: string,
    partition: TopicPartition,
    offsets: readonly bigint[],
    at: bigint | undefined,
    what: string,
  ): void {
    const searches = this.#searches.get(nameOf(partition)) ?? new Map<string, KernelSearch>();
    this.#searches.set(nameOf(partition), searches);
    const search = searches.get(node) ?? { blamed: new Map(), suspects: undefined };
    searches.set(node, search);
    const decision = decideBisect({ offsets, trapped: true, at, suspects: search.suspects });
    switch (decision.bisect) {
      case "blame":
        search.blamed.set(decision.offset, what);
        search.suspects = decision.suspects;
        return;
      case "try":
        search.suspects = decision.suspects;
        return;
      case "clear":
        search.suspects = undefined;
        return;
      default:
        unreachable(decision);
    }
  }

  /** Notes that the kernel has passed records that something was known of. */
  passed(node: string, partition: TopicPartition, offsets: readonly bigint[]): void {
    const search = this.searchOf(node, partition);
    if (search?.suspects === undefined) return;
    const decision = decideBisect({ offsets, trapped: false, at: undefined, suspects: search.suspects });
    search.suspects = decision.bisect === "try" ? decision.suspects : undefined;
  }

  /**
   * Forgets records before this one, where all before it is committed. What is only computed may be undone, and comes
   * again: were it forgotten, two records of one transaction could make each other trap for ever.
   */
  committed(partition: TopicPartition, offset: bigint): void {
    const searches = this.#searches.get(nameOf(partition));
    if (searches === undefined) return;
    for (const [node, { blamed, suspects }] of searches) {
      for (const each of blamed.keys()) if (each < offset) blamed.delete(each);
      if (blamed.size === 0 && suspects === undefined) searches.delete(node);
    }
    if (searches.size === 0) this.#searches.delete(nameOf(partition));
  }
}
