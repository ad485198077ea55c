import { RUN_INDEX_AT, RUN_ROW_AT, RUN_SELECTION_AT, RUN_TABLES_AT, RUN_TABLE_AT, RUN_UNTIL_AT, TRAP_INDEX } from "../abi/kernel-output";
import { SELECTION_ROWS_AT } from "../abi/selection";
import { Row } from "./row";
import { RUN, setWord, stop, word } from "./run";

/**
 * The rows of a batch, for kernels that want to go through them more than once. Which rows come in one batch follows
 * from fetches and measured time: let what you emit not depend on it.
 */
@unmanaged
export class Batch {
  get rows(): i32 {
    return <i32>(word(RUN_UNTIL_AT) - word(RUN_INDEX_AT));
  }

  /** The row of this number, from 0: there is one Row, which is now that one. */
  row(row: i32): Row {
    if (<u32>row >= word(RUN_UNTIL_AT) - word(RUN_INDEX_AT)) stop(TRAP_INDEX, 0);
    readRow(row + <i32>word(RUN_INDEX_AT));
    return changetype<Row>(RUN);
  }
}

/** Makes the row at this index of the selection the one that is read. */
@inline
export function readRow(index: i32): void {
  const row = load<u32>(<usize>word(RUN_SELECTION_AT) + SELECTION_ROWS_AT + (<usize>index << 2));
  const tables = <usize>word(RUN_TABLES_AT);
  setWord(RUN_ROW_AT, row);
  setWord(RUN_TABLE_AT, tables ? load<u32>(tables + (<usize>row << 2)) : 0);
}
