import { refusalIn } from "../topology/result.ts";
import type { BadRows } from "./bad-rows.ts";
import { eachItem, type MayGoOn } from "./call-loop.ts";
import type { BranchProgram } from "./program.ts";
import { keyReader, type RowSet, valueReader } from "./row-set.ts";

/**
 * KStream#split over the items of a set: each goes the way of the first predicate that holds for it.
 *
 * @returns by predicate, the items that go its way, rising.
 */
export function branchOver(
  step: BranchProgram,
  set: RowSet,
  bad: BadRows,
  mayGoOn: MayGoOn | undefined,
): readonly Uint32Array[] {
  const readKey = keyReader(set);
  const readValue = valueReader(set);
  const predicates = step.predicates as readonly ((key: unknown, value: unknown) => unknown)[];
  const ways: number[][] = predicates.map(() => []);
  eachItem(step, set, bad, mayGoOn, (item) => {
    const key = readKey(item);
    const value = readValue(item);
    for (let index = 0; index < predicates.length; index++) {
      const answer = predicates[index]!(key, value);
      const refusal = refusalIn(answer);
      if (refusal !== undefined) return refusal;
      if (!answer) continue;
      ways[index]!.push(item);
      return true;
    }
    return false;
  });
  return ways.map((items) => Uint32Array.from(items));
}
