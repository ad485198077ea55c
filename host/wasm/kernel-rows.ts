import { FIELD_F64, FIELD_I32, FIELD_I64, FIELD_STRING } from "../../kernels/abi/field.ts";
import { JSON_NON_ASCII_AT } from "../../kernels/abi/json-descriptor.ts";
import { ROWS_BUFFER_AT, ROWS_BYTES_AT, ROWS_OF_BATCH_AT, ROWS_TABLES_AT } from "../../kernels/abi/rows.ts";
import { assert } from "../assert.ts";
import type { KernelRows, PlainSerde } from "./kernel-instance.ts";
import type { LinearMemory } from "./linear-memory.ts";

/** The kernels' number of a plain serde that decodes. */
export const PLAIN_TYPES = {
  string: FIELD_STRING,
  i32: FIELD_I32,
  i64: FIELD_I64,
  f64: FIELD_F64,
} as const satisfies Record<Exclude<PlainSerde, "bytes">, number>;

/** See KernelRows. */
export function openRows(memory: LinearMemory, rowsMax: number): KernelRows {
  const address = memory.fitted(
    memory.call((kernels) => kernels.rowsNew(rowsMax)),
    "rows",
  );
  let version = 0;
  let ascii = false;

  return {
    address,
    decodeJson(from, selection, descriptor) {
      version++;
      const batch = from.batchAddress;
      memory.words[(descriptor + JSON_NON_ASCII_AT) >> 2] = 0;
      const kept = memory.call((kernels) =>
        kernels.rowsDecodeJson(address, batch, selection.address, descriptor),
      );
      ascii = memory.wordAt(descriptor + JSON_NON_ASCII_AT) === 0;
      return memory.fitted(kept, "the decoded values of a batch");
    },
    decodePlain(from, selection, serde) {
      version++;
      ascii = false;
      const batch = from.batchAddress;
      const kept = memory.call((kernels) =>
        kernels.rowsDecodePlain(address, batch, selection.address, PLAIN_TYPES[serde]),
      );
      return memory.fitted(kept, "the decoded values of a batch");
    },
    addressOf(row) {
      assert(row >= 0 && row < memory.wordAt(address + ROWS_OF_BATCH_AT), "a row of the decoded batch");
      return memory.wordAt(address + ROWS_TABLES_AT + 4 * row);
    },
    get bufferAddress() {
      return memory.wordAt(address + ROWS_BUFFER_AT);
    },
    get byteLength() {
      return memory.wordAt(address + ROWS_BYTES_AT);
    },
    get ascii() {
      return ascii;
    },
    get version() {
      return version;
    },
    close() {
      if (!memory.dead) memory.call((kernels) => kernels.rowsFree(address));
    },
  };
}
