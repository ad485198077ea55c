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
  readonly #searches = new Map<string, KernelSearch>();

  /** undefined: the kernel of this node has not trapped over this partition. */
  searchOf(node: string, partition: TopicPartition): KernelSearch | undefined {
    return this.#searches.get(keyOf(node, partition));
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
    const key = keyOf(node, partition);
    const search = this.#searches.get(key) ?? { blamed: new Map(), suspects: undefined };
    this.#searches.set(key, search);
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

  /** Forgets records before this one: they are behind us. Should they come again, they trap again. */
  forgetBefore(node: string, partition: TopicPartition, offset: bigint): void {
    const key = keyOf(node, partition);
    const search = this.#searches.get(key);
    if (search === undefined) return;
    for (const blamed of search.blamed.keys()) if (blamed < offset) search.blamed.delete(blamed);
    if (search.blamed.size === 0 && search.suspects === undefined) this.#searches.delete(key);
  }
}

function keyOf(node: string, partition: TopicPartition): string {
  return `${nameOf(partition)} ${node}`;
}
