import type { FieldSchema, ValueSchema } from "./value-schema.ts";

/** The kernels cannot do what a schema says; the message tells what that is. Caught where the path is chosen. */
export class Unsupported extends Error {}

type JsonSchema = Readonly<Record<string, unknown>>;

interface Dialect {
  /** Whether the library's numbers exclude Infinity, which JSON can write as 1e400. */
  readonly finiteNumbers: boolean;
}

/** Keywords that say nothing about which values are valid. */
const ANNOTATIONS = new Set([
  "$schema",
  "$id",
  "$comment",
  "id",
  "title",
  "description",
  "examples",
  "deprecated",
  "readOnly",
  "writeOnly",
]);

/**
 * A value schema that accepts exactly what a JSON Schema (2020-12) accepts.
 *
 * @throws Unsupported: it says something that kernels do not check.
 */
export function valueSchemaOf(document: JsonSchema, dialect: Dialect): ValueSchema {
  const { value, nullable } = convert(document, dialect, "the value");
  if (nullable) throw new Unsupported("null beside other types at the top of the value");
  return value;
}

interface Converted {
  readonly value: ValueSchema;
  readonly nullable: boolean;
}

function convert(schema: JsonSchema, dialect: Dialect, where: string): Converted {
  const keywords = Object.keys(schema).filter((keyword) => !ANNOTATIONS.has(keyword));
  if (keywords.length === 0) return { value: { type: "raw" }, nullable: false };
  const { anyOf, type } = schema;
  if (schema.$ref !== undefined)
    throw new Unsupported(`${where} refers to another schema, or to itself ($ref)`);
  if (Array.isArray(anyOf) && keywords.length === 1)
    return convertUnion(anyOf as JsonSchema[], dialect, where);
  if (Array.isArray(type)) {
    const types = type.filter((each) => each !== "null");
    if (types.length !== 1 || types.length === type.length) {
      throw new Unsupported(`${where} has several types: ${type.join(", ")}`);
    }
    return { ...convert({ ...schema, type: types[0] }, dialect, where), nullable: true };
  }
  return { value: convertType(schema, new Set(keywords), dialect, where), nullable: false };
}

/** anyOf of one type and null. */
function convertUnion(members: readonly JsonSchema[], dialect: Dialect, where: string): Converted {
  const others = members.filter((member) => member.type !== "null");
  const [only] = others;
  if (only === undefined || others.length !== 1 || members.length !== 2) {
    throw new Unsupported(`${where} is a union`);
  }
  return { value: convert(only, dialect, where).value, nullable: true };
}

function convertType(
  schema: JsonSchema,
  keywords: Set<string>,
  dialect: Dialect,
  where: string,
): ValueSchema {
  const only = (...allowed: string[]) => {
    for (const keyword of keywords) {
      if (keyword !== "type" && !allowed.includes(keyword)) {
        throw new Unsupported(`${where} has "${keyword}", which kernels do not check`);
      }
    }
  };
  switch (schema.type) {
    case "string":
      only();
      return { type: "string" };
    case "boolean":
      only();
      return { type: "boolean" };
    case "number":
      only();
      return { type: "f64", finite: dialect.finiteNumbers };
    case "integer":
      only("minimum", "maximum");
      return integerOf(schema, dialect, where);
    case "array": {
      only("items");
      const { value, nullable } = convert(
        (schema.items ?? {}) as JsonSchema,
        dialect,
        `an element of ${where}`,
      );
      return { type: "array", element: { value, nullable } };
    }
    case "object":
      only("properties", "required", "additionalProperties");
      return objectOf(schema, dialect, where);
    default:
      throw new Unsupported(
        `${where} has ${schema.type === undefined ? "no type" : `the type ${schema.type}`}`,
      );
  }
}

function integerOf({ minimum, maximum }: JsonSchema, dialect: Dialect, where: string): ValueSchema {
  if (minimum === -(2 ** 31) && maximum === 2 ** 31 - 1) return { type: "i32" };
  if (minimum === Number.MIN_SAFE_INTEGER && maximum === Number.MAX_SAFE_INTEGER) {
    return { type: "f64", integral: true, safe: true };
  }
  if (minimum !== undefined || maximum !== undefined) {
    throw new Unsupported(`${where} has a minimum or maximum, which kernels do not check`);
  }
  return { type: "f64", integral: true, finite: dialect.finiteNumbers };
}

function objectOf(schema: JsonSchema, dialect: Dialect, where: string): ValueSchema {
  const { additionalProperties } = schema;
  if (additionalProperties !== undefined && additionalProperties !== false) {
    throw new Unsupported(`${where} keeps fields that the schema does not name`);
  }
  const required = new Set(schema.required as readonly string[] | undefined);
  const properties = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>);
  const fields = properties.map(([name, property]): FieldSchema => {
    const { value, nullable } = convert(property, dialect, `"${name}"`);
    return { name, value, nullable, optional: !required.has(name) };
  });
  for (const name of required) {
    if (!fields.some((field) => field.name === name))
      throw new Unsupported(`"${name}" is required without a type`);
  }
  return { type: "object", fields, strict: additionalProperties === false };
}
