import {
  FORM_BYTES,
  FORM_DESCRIPTOR_AT,
  FORM_FIELD_AT,
  FORM_FROM_AT,
  FORM_FROM_BATCH,
  FORM_FROM_FIELD,
  FORM_FROM_JSON,
  FORM_HEADERS_AT,
  FORM_PART_BYTES,
} from "../../kernels/abi/form.ts";
import { writeField } from "./field-at.ts";
import type { FormPart, FormSettings, RecordForm } from "./kernel-instance.ts";
import type { LinearMemory } from "./linear-memory.ts";

/** See RecordForm. */
export function openForm(memory: LinearMemory, settings: FormSettings): RecordForm {
  const bytes = Buffer.alloc(FORM_BYTES);
  writePart(bytes, 0, settings.key);
  writePart(bytes, FORM_PART_BYTES, settings.value);
  bytes.writeUInt32LE(settings.headers === false ? 0 : 1, FORM_HEADERS_AT);
  const address = memory.allocate(FORM_BYTES, "a record form");
  memory.bytes.set(bytes, address);
  return {
    address,
    needsRows: settings.key.from !== "batch" || settings.value.from !== "batch",
    close() {
      memory.release(address);
    },
  };
}

const FROM = { batch: FORM_FROM_BATCH, field: FORM_FROM_FIELD, json: FORM_FROM_JSON } as const;

function writePart(target: Buffer, at: number, part: FormPart): void {
  target.writeUInt32LE(FROM[part.from], at + FORM_FROM_AT);
  if (part.from === "field") writeField(target, at + FORM_FIELD_AT, part.field);
  if (part.from === "json") target.writeUInt32LE(part.descriptor, at + FORM_DESCRIPTOR_AT);
}
