import { PeridotError } from "../errors.ts";
import type { BadRows } from "./bad-rows.ts";
import { refuse } from "./call-loop.ts";
import { asError } from "./chunk.ts";
import type { SegmentProgram } from "./program.ts";
import { type RowSet, valueReader } from "./row-set.ts";

/**
 * Runs declarative steps over the source's rows; items are rows here: no function has made others of them.
 *
 * @returns how many rows were bad, too.
 */
export function segmentOver(
  step: SegmentProgram,
  set: RowSet,
  bad: BadRows,
): { readonly next: RowSet; readonly refused: number } {
  const { projection, keyFrom, filter, check, selection } = step;
  const seen =
    keyFrom === undefined ? { ...set, projection } : { ...set, projection, keyFrom, keys: undefined };
  if (selection === undefined) return { next: seen, refused: 0 };
  const rows = set.source.rows!;
  let source = set.selection ?? selection;
  if (set.selection === undefined) selection.selectRows(set.items!);
  if (filter !== undefined) {
    selection.filter(filter, rows, source);
    source = selection;
  }
  const next: RowSet = { ...seen, selection, items: undefined };
  if (check === undefined) return { next, refused: 0 };
  const before = source.rows.slice();
  const refused = before.length - selection.filter(check, rows, source);
  if (refused > 0) refuseRest(step, next, before, bad);
  return { next, refused };
}

/** The function that the projection stands for says what is wrong with the rows that are not selected any more. */
function refuseRest(step: SegmentProgram, set: RowSet, before: Uint32Array, bad: BadRows): void {
  const good = new Set(set.selection!.rows);
  const value = valueReader(set);
  for (const row of before) {
    if (!good.has(row))
      refuse(
        step,
        set,
        bad,
        row,
        refusalOf(() => value(row), step.name),
      );
  }
}

function refusalOf(compute: () => unknown, node: string): Error {
  try {
    compute();
  } catch (thrown) {
    return asError(thrown, node);
  }
  throw new PeridotError("ASSERTION_FAILED", { what: `a row that ${node} has refused cannot be computed` });
}
