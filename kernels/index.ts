import { ABI_VERSION } from "./abi/version";
import { crc32cStart } from "./crc32c";

export { sinkAppend } from "./append";
export { selectRows } from "./batch";
export { crc32c } from "./crc32c";
export { decode } from "./decode";
export { inputFree, inputNew, inputReserve } from "./input";
export { allocate, freeBytes, memoryBound, release } from "./memory/allocator";
export { murmur2 } from "./murmur2";
export { rowsFree, rowsNew } from "./rows";
export { aggregateFree, aggregateMissing, aggregateNew, aggregatePending, aggregateRows } from "./operators/aggregate";
export { filterRows } from "./operators/filter";
export { jsonBegin, jsonDecode, jsonEncode, jsonEncodeBytesMax, jsonErrorAt, jsonRowBytesMax } from "./serdes/json/index";
export { conform } from "./serdes/conform";
export { rowsDecodePlain } from "./serdes/plain-rows";
export { rowsDecodeJson } from "./serdes/json-rows";
export { stateChanges, stateDue } from "./state/changes";
export { stateTold } from "./state/pending";
export { stateRestore } from "./state/restore";
export { stateSortDue } from "./state/sort-due";
export { stateEvict } from "./state/entries";
export { stateCommit, stateCut, stateFlushed, stateRollback, stateSettle, stateUndoFrom } from "./state/journal";
export {
  stateCommitted,
  stateFree,
  stateGet,
  stateLoad,
  stateNew,
  statePut,
  stateReset,
  stateStage,
} from "./state/table";
export { sinkColumn, sinkDone, sinkDrop, sinkFree, sinkNew, sinkNext, sinkSeal } from "./sink";

/** The ABI that this module speaks: the host compares it with its own. */
export function abiVersion(): i32 {
  return ABI_VERSION;
}

crc32cStart();
