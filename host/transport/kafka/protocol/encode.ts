import { assert } from "../../../assert.ts";
import { PeridotError } from "../../../errors.ts";
import { ByteWriter } from "./byte-writer.ts";
import { defaultOf, isDefault, type Plan, type PlannedField } from "./plan.ts";

type Struct = Readonly<Record<string, unknown>>;

/** Writes one message, or one struct of it, in the grammar that decode.ts shows. Errors: MESSAGE_VERSION_LACKS. */
export function encodeStruct(plan: Plan, struct: Struct, writer: ByteWriter): void {
  for (const field of plan.fields) {
    const value = struct[field.name];
    if (field.place === "plain") encodeField(field, value === undefined ? defaultOf(field) : value, writer);
    else if (field.place === "absent" && !field.ignorable && !isDefault(field, value)) {
      const { message, version } = plan;
      throw new PeridotError("MESSAGE_VERSION_LACKS", { message, version, field: field.name });
    }
  }
  if (plan.flexible) encodeTaggedFields(plan, struct, writer);
}

function encodeTaggedFields(plan: Plan, struct: Struct, writer: ByteWriter): void {
  const present = plan.tagged.filter((field) => !isDefault(field, struct[field.name]));
  writer.uvarint(present.length);
  for (const field of present) {
    const inner = new ByteWriter();
    encodeField(field, struct[field.name], inner);
    const bytes = Buffer.concat(inner.finish());
    writer.uvarint(field.tag);
    writer.uvarint(bytes.length);
    writer.copy(bytes);
  }
}

function encodeField(field: PlannedField, value: unknown, writer: ByteWriter): void {
  if (field.array) encodeArray(field, value as readonly unknown[] | null, writer);
  else if (field.type === "struct" && field.nullable) {
    writer.int8(value === null ? -1 : 1);
    if (value !== null) encodeElement(field, value, writer);
  } else encodeElement(field, value, writer);
}

function encodeArray(field: PlannedField, value: readonly unknown[] | null, writer: ByteWriter): void {
  if (value === null) {
    encodeNull(field, false, writer);
    return;
  }
  writer.length(value.length, field.flexible, false);
  for (const element of value) encodeElement(field, element, writer);
}

function encodeNull(field: PlannedField, short: boolean, writer: ByteWriter): void {
  assert(field.nullable, `${field.name} is null, which this version does not allow`);
  writer.length(-1, field.flexible, short);
}

function encodeElement(field: PlannedField, value: unknown, writer: ByteWriter): void {
  switch (field.type) {
    case "struct":
      encodeStruct(field.struct!, value as Struct, writer);
      break;
    case "int32":
      writer.int32(value as number);
      break;
    case "int64":
      writer.int64(value as bigint);
      break;
    case "int16":
      writer.int16(value as number);
      break;
    case "string":
      if (value === null) encodeNull(field, true, writer);
      else writer.string(value as string, field.flexible);
      break;
    case "bytes":
    case "records":
      encodeBytes(field, value as Buffer | null, writer);
      break;
    case "bool":
      writer.bool(value as boolean);
      break;
    case "int8":
      writer.int8(value as number);
      break;
    case "uint16":
      writer.uint16(value as number);
      break;
    case "float64":
      writer.float64(value as number);
      break;
    default:
      writer.uuid(value as string);
      break;
  }
}

/** Records are handed on as they are: they may be large, and a copy of them would be the dearest step of a request. */
function encodeBytes(field: PlannedField, value: Buffer | null, writer: ByteWriter): void {
  if (value === null) {
    encodeNull(field, false, writer);
    return;
  }
  writer.length(value.length, field.flexible, false);
  if (field.type === "records") writer.pass(value);
  else writer.copy(value);
}
