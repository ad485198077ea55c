import type { ByteReader } from "./byte-reader.ts";
import { defaultOf, type Plan, type PlannedField } from "./plan.ts";

type Struct = Record<string, unknown>;

/**
 * Reads one message, or one struct of it:
 *
 *   struct        = the plain fields, then, when flexible, the tagged fields
 *   tagged fields = uvarint count, then each: uvarint tag, uvarint size, value
 *
 * The object has every field of the message, those that the version lacks at their default. Unknown tags are skipped.
 */
export function decodeStruct(plan: Plan, reader: ByteReader): Struct {
  const struct: Struct = {};
  for (const field of plan.fields) {
    struct[field.name] = field.place === "plain" ? decodeField(field, reader) : defaultOf(field);
  }
  if (plan.flexible) decodeTaggedFields(plan, struct, reader);
  return struct;
}

function decodeTaggedFields(plan: Plan, struct: Struct, reader: ByteReader): void {
  const count = reader.uvarint();
  for (let index = 0; index < count; index++) {
    const tag = reader.uvarint();
    const size = reader.uvarint();
    const end = reader.byteOffset + size;
    const field = plan.tagged.find((candidate) => candidate.tag === tag);
    if (field === undefined) {
      reader.skip(size);
      continue;
    }
    struct[field.name] = decodeField(field, reader);
    if (reader.byteOffset !== end)
      throw reader.malformed(`tagged field ${field.name} is not ${size} bytes long`);
  }
}

function decodeField(field: PlannedField, reader: ByteReader): unknown {
  if (field.array) return decodeArray(field, reader);
  if (field.type === "struct" && field.nullable && reader.int8() < 0) return null;
  return decodeElement(field, reader);
}

function decodeArray(field: PlannedField, reader: ByteReader): unknown {
  const length = reader.length(field.flexible, false);
  if (length < 0) return nullOf(field, reader);
  const elements: unknown[] = [];
  for (let index = 0; index < length; index++) elements.push(decodeElement(field, reader));
  return elements;
}

function decodeElement(field: PlannedField, reader: ByteReader): unknown {
  switch (field.type) {
    case "struct":
      return decodeStruct(field.struct!, reader);
    case "int32":
      return reader.int32();
    case "int64":
      return reader.int64();
    case "int16":
      return reader.int16();
    case "string": {
      const length = reader.length(field.flexible, true);
      return length < 0 ? nullOf(field, reader) : reader.string(length);
    }
    case "bytes":
    case "records": {
      const length = reader.length(field.flexible, false);
      return length < 0 ? nullOf(field, reader) : reader.bytes(length);
    }
    case "bool":
      return reader.bool();
    case "int8":
      return reader.int8();
    case "uint16":
      return reader.uint16();
    case "float64":
      return reader.float64();
    default:
      return reader.uuid();
  }
}

function nullOf(field: PlannedField, reader: ByteReader): null {
  if (!field.nullable) {
    throw reader.malformed(`${field.name} is null, which this version does not allow`);
  }
  return null;
}
