import type { WasmMemory } from "./web-assembly.ts";

/** The module's exports (kernels/index.ts), as JavaScript sees them: addresses and lengths are i32, i64 is bigint. */
export interface KernelExports {
  readonly memory: WasmMemory;
  abiVersion(): number;
  memoryBound(pages: number): void;
  freeBytes(): number;
  allocate(bytes: number): number;
  release(address: number): void;
  crc32c(bytes: number, length: number): number;
  murmur2(bytes: number, length: number): number;
  inputNew(rowsMax: number, checkCrc: number): number;
  inputFree(input: number): void;
  inputReserve(input: number, bytes: number, fromOffset: bigint): number;
  decode(input: number, rowsMax: number, position: bigint): number;
  selectRows(batch: number, selection: number): number;
  filterRows(filter: number, rows: number, source: number, target: number): number;
  rowsNew(rowsMax: number): number;
  rowsFree(rows: number): void;
  rowsDecodeJson(rows: number, batch: number, selection: number, descriptor: number): number;
  rowsDecodePlain(rows: number, batch: number, selection: number, type: number): number;
  conform(input: number, selection: number, ofKeys: number, type: number): number;
  sinkNew(
    partitions: number,
    batchBytesMax: number,
    recordsMax: number,
    recordBytesMax: number,
    keysRequired: number,
  ): number;
  sinkFree(sink: number): void;
  sinkColumn(sink: number, rows: number): number;
  sinkAppend(
    sink: number,
    form: number,
    batch: number,
    selection: number,
    rows: number,
    from: number,
    byColumn: number,
  ): number;
  sinkSeal(sink: number): void;
  sinkNext(sink: number): number;
  sinkDone(sink: number): void;
  sinkDrop(sink: number): void;
  stateNew(bytesMax: number, complete: number): number;
  stateFree(state: number): void;
  stateReset(state: number): number;
  stateStage(bytes: number): number;
  stateGet(state: number, key: number, length: number): number;
  stateCommitted(state: number, key: number, length: number): number;
  stateLoad(state: number, key: number, length: number, value: number, valueLength: number): number;
  statePut(
    state: number,
    key: number,
    length: number,
    value: number,
    valueLength: number,
    row: number,
  ): number;
  stateUndoFrom(state: number, row: number): void;
  stateSettle(state: number): void;
  stateCut(state: number): void;
  stateChanges(state: number): number;
  stateSortDue(state: number): void;
  stateTold(state: number): void;
  stateRestore(state: number, batch: number, selection: number, isStamped: number, from: number): number;
  stateDue(state: number, from: number, bytesMax: number): number;
  stateCommit(state: number): void;
  stateRollback(state: number): void;
  stateFlushed(state: number): void;
  stateEvict(state: number, bytes: number, bucketsMax: number): void;
  aggregateNew(rowsMax: number): number;
  aggregateFree(aggregate: number): void;
  aggregateMissing(state: number, batch: number, selection: number, target: number): number;
  aggregatePending(state: number, aggregate: number, from: number): number;
  aggregateRows(
    state: number,
    aggregate: number,
    batch: number,
    selection: number,
    rows: number,
    from: number,
  ): number;
}

/** What a module with users' kernels exports beside that: for each kernel a UserExport, and these. */
export interface UserKernelExports extends KernelExports {
  runAt(): number;
  outputNew(rowsMax: number): number;
  outputFree(output: number): void;
}

/** One kernel over a batch (host/kernel-build/entry.ts). */
export type UserExport = (
  output: number,
  batch: number,
  selection: number,
  rows: number,
  descriptor: number,
  from: number,
  fuel: bigint,
) => number;
