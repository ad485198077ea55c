import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import { Unsupported, valueSchemaOf } from "./json-schema.ts";
import { valibotSchemaOf } from "./valibot-schema.ts";
import type { ValueSchema } from "./value-schema.ts";

/**
 * What the kernels can do for a schema. "kernel": they check all that the schema says. Else each value goes through
 * JSON.parse and the schema's own `validate`, and `reason` says why.
 */
export type SchemaPath =
  | { readonly path: "kernel"; readonly schema: ValueSchema }
  | { readonly path: "validate"; readonly reason: string };

/**
 * Finds the path of a Standard Schema. The kernels check types, presence, null and integers, so a schema that says
 * more (a minimum, a pattern, a refinement, a transformation, a default) must be asked itself about each value: it
 * takes the "validate" path, or a bad record would be missed.
 *
 * Its structure comes from its Standard JSON Schema (zod 4.2 and later, arktype 2.1.28 and later), or from valibot's
 * plain objects. JSON Schema cannot tell what functions do, so what is known of the library decides:
 * zod says for each node which checks it has; arktype's own JSON form names
 * predicates, and its input and output agree only where nothing is transformed. A library that is not known is not trusted to tell.
 */
export function schemaPathOf(schema: StandardSchemaV1): SchemaPath {
  const standard = schema["~standard"];
  try {
    if (standard.vendor === "valibot") return { path: "kernel", schema: valibotSchemaOf(schema) };
    const converter = (standard as Partial<StandardJSONSchemaV1.Props>).jsonSchema;
    if (converter === undefined) {
      throw new Unsupported(
        `${standard.vendor} has no JSON Schema to offer (Standard JSON Schema): update the library`,
      );
    }
    if (standard.vendor === "zod") return { path: "kernel", schema: zodSchemaOf(converter) };
    if (standard.vendor === "arktype") return { path: "kernel", schema: arktypeSchemaOf(schema, converter) };
    throw new Unsupported(`what ${standard.vendor} checks beyond its JSON Schema is not known`);
  } catch (error) {
    if (error instanceof Unsupported) return { path: "validate", reason: error.message };
    throw error;
  }
}

const TARGET = "draft-2020-12";

/** The parts of zod's nodes that are looked at (zod 4: `_zod.def`). */
interface ZodNode {
  readonly _zod: {
    readonly def: {
      readonly type: string;
      readonly coerce?: boolean;
      readonly checks?: readonly { readonly _zod: { readonly def: { readonly check: string } } }[];
    };
  };
}

/** Node types that accept and give what their JSON Schema says, and do nothing else. */
const ZOD_PLAIN = new Set([
  "object",
  "string",
  "number",
  "boolean",
  "array",
  "nullable",
  "optional",
  "any",
  "unknown",
  "null",
  "readonly",
]);

function zodSchemaOf(converter: StandardJSONSchemaV1.Converter): ValueSchema {
  const functions: string[] = [];
  const override = ({ zodSchema }: { readonly zodSchema: ZodNode }) => {
    const { type, coerce, checks } = zodSchema._zod.def;
    if (!ZOD_PLAIN.has(type)) functions.push(type);
    if (coerce === true) functions.push(`z.coerce.${type}`);
    for (const check of checks ?? []) {
      const name = check._zod.def.check;
      if (name !== "number_format") functions.push(name);
    }
  };
  const document = written(() => converter.input({ target: TARGET, libraryOptions: { override } }));
  if (functions.length > 0)
    throw new Unsupported(`kernels do not know what "${functions[0]}" does in a zod schema`);
  return valueSchemaOf(document, { finiteNumbers: true });
}

function arktypeSchemaOf(schema: object, converter: StandardJSONSchemaV1.Converter): ValueSchema {
  // the key `predicate` is arktype's: names of fields stand there as values
  if (
    JSON.stringify((schema as { readonly json?: unknown }).json ?? { predicate: 0 }).includes('"predicate":')
  ) {
    throw new Unsupported("kernels do not know what a predicate (narrow) does in an arktype schema");
  }
  const input = written(() => converter.input({ target: TARGET }));
  const output = written(() => converter.output({ target: TARGET }));
  if (JSON.stringify(input) !== JSON.stringify(output)) {
    throw new Unsupported("the schema's output differs from its input");
  }
  return valueSchemaOf(output, { finiteNumbers: false });
}

/** The library throws what it cannot write as JSON Schema. */
function written(convert: () => Record<string, unknown>): Record<string, unknown> {
  try {
    return convert();
  } catch (error) {
    const problem = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new Unsupported(`the schema cannot be written as JSON Schema: ${problem}`);
  }
}
