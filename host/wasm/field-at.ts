import {
  FIELD_BOOL,
  FIELD_DEPTH_AT,
  FIELD_F64,
  FIELD_I32,
  FIELD_I64,
  FIELD_SLOTS_AT,
  FIELD_STRING,
  FIELD_TYPE_AT,
} from "../../kernels/abi/field.ts";
import { FIELD_DEPTH_MAX } from "../../kernels/abi/limits.ts";
import { assert } from "../assert.ts";
import type { FieldAt } from "./kernel-instance.ts";

const TYPES = {
  string: FIELD_STRING,
  i32: FIELD_I32,
  i64: FIELD_I64,
  f64: FIELD_F64,
  bool: FIELD_BOOL,
} as const satisfies Record<FieldAt["type"], number>;

/** Writes a FIELD (kernels/abi/field.ts). */
export function writeField(target: Buffer, at: number, field: FieldAt): void {
  const { slots, type } = field;
  assert(
    slots.length > 0 && slots.length <= FIELD_DEPTH_MAX,
    "a field lies 1 to FIELD_DEPTH_MAX tables deep",
  );
  target.writeUInt32LE(TYPES[type], at + FIELD_TYPE_AT);
  target.writeUInt32LE(slots.length, at + FIELD_DEPTH_AT);
  slots.forEach((slot, index) => {
    target.writeUInt16LE(4 + 2 * slot, at + FIELD_SLOTS_AT + 2 * index); // field id n: vtable entry 4 + 2n
  });
}
