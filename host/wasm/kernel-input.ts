import {
  INPUT_EXTRA_AT,
  INPUT_FAULT_AT,
  INPUT_FAULT_BASE_OFFSET_AT,
  INPUT_FAULT_CODE_AT,
  INPUT_REGION_AT,
} from "../../kernels/abi/input.ts";
import { BATCH_ROWS_MAX } from "../../kernels/abi/limits.ts";
import { assert } from "../assert.ts";
import { BatchView } from "../batch/batch-view.ts";
import { describeKernelError } from "./kernel-errors.ts";
import type { BatchFault, InputSettings, KernelInput } from "./kernel-instance.ts";
import { PLAIN_TYPES } from "./kernel-rows.ts";
import type { LinearMemory } from "./linear-memory.ts";

/** See KernelInput. */
export function openInput(memory: LinearMemory, settings: InputSettings): KernelInput {
  const { rowsMax, checkCrc } = settings;
  assert(rowsMax > 0 && rowsMax <= BATCH_ROWS_MAX, "rowsMax is between 1 and BATCH_ROWS_MAX");
  const input = memory.fitted(
    memory.call((kernels) => kernels.inputNew(rowsMax, checkCrc ? 1 : 0)),
    "an input",
  );
  let fault: BatchFault | undefined;

  return {
    load(records, fromOffset) {
      fault = undefined;
      const at = memory.fitted(
        memory.call((kernels) => kernels.inputReserve(input, records.length, fromOffset)),
        `${records.length} bytes of fetched records`,
      );
      memory.bytes.set(records, at);
    },
    decode(rows, position) {
      const decoded = memory.call((kernels) => kernels.decode(input, rows, position));
      if (decoded >= 0) return decoded;
      fault ??= readFault(memory, input);
      return 0;
    },
    conform(selection, part, serde) {
      const ofKeys = part === "key" ? 1 : 0;
      const kept = memory.call((kernels) =>
        kernels.conform(input, selection.address, ofKeys, PLAIN_TYPES[serde]),
      );
      return memory.fitted(kept, "mended strings");
    },
    get extraBytes() {
      return memory.wordAt(input + INPUT_EXTRA_AT);
    },
    get fault() {
      return fault;
    },
    get batch() {
      return new BatchView(memory.bytes, memory.wordAt(input + INPUT_REGION_AT));
    },
    get batchAddress() {
      return memory.wordAt(input + INPUT_REGION_AT);
    },
    close() {
      if (!memory.dead) memory.call((kernels) => kernels.inputFree(input));
    },
  };
}

function readFault(memory: LinearMemory, input: number): BatchFault {
  const code = memory.wordAt(input + INPUT_FAULT_CODE_AT);
  return {
    code,
    problem: describeKernelError(code),
    byteAt: memory.wordAt(input + INPUT_FAULT_AT),
    baseOffset: memory.bytes.readBigInt64LE(input + INPUT_FAULT_BASE_OFFSET_AT),
  };
}
