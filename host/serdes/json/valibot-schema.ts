import { Unsupported } from "./json-schema.ts";
import type { ElementSchema, FieldSchema, ValueSchema } from "./value-schema.ts";

/** The parts of a valibot schema that are looked at: it is plain data. */
interface ValibotNode {
  readonly kind?: string;
  readonly type?: string;
  /** Present when there are actions behind the schema. */
  readonly pipe?: readonly ValibotNode[];
  readonly entries?: Readonly<Record<string, ValibotNode>>;
  readonly item?: ValibotNode;
  readonly wrapped?: ValibotNode;
  /** Of optional and nullable: a value to put in the place. */
  readonly default?: unknown;
  /** Of schemas in `fallback`. */
  readonly fallback?: unknown;
}

/**
 * A valibot schema as a value schema.
 *
 * @throws Unsupported: it says something that kernels do not check.
 */
export function valibotSchemaOf(schema: unknown): ValueSchema {
  const { value, nullable, optional } = convert(schema as ValibotNode, "the value");
  if (nullable || optional) throw new Unsupported("null beside other types at the top of the value");
  return value;
}

function convert(node: ValibotNode, where: string): ElementSchema & { readonly optional?: boolean } {
  if ("fallback" in node) throw new Unsupported(`${where} has a fallback`);
  if (node.pipe !== undefined) return convertPipe(node, where);
  switch (node.type) {
    case "string":
      return { value: { type: "string" } };
    case "number":
      return { value: { type: "f64" } };
    case "boolean":
      return { value: { type: "boolean" } };
    case "any":
    case "unknown":
      return { value: { type: "raw" } };
    case "array": {
      const { value, nullable, optional } = convert(node.item!, `an element of ${where}`);
      if (optional) throw new Unsupported(`an element of ${where} may be undefined`);
      return { value: { type: "array", element: { value, nullable: nullable ?? false } } };
    }
    case "object":
    case "strict_object":
      return { value: objectOf(node, where) };
    case "nullable":
    case "optional":
    case "exact_optional":
    case "nullish":
      return convertWrapped(node, where);
    default:
      throw new Unsupported(`kernels do not know what "${node.type}" does in a valibot schema (${where})`);
  }
}

function convertWrapped(node: ValibotNode, where: string): ElementSchema & { readonly optional?: boolean } {
  if (node.default !== undefined) throw new Unsupported(`${where} has a default`);
  const inner = convert(node.wrapped!, where);
  return {
    value: inner.value,
    nullable: inner.nullable === true || node.type === "nullable" || node.type === "nullish",
    optional: inner.optional === true || node.type !== "nullable",
  };
}

/** The first of a pipe is the schema itself, without the pipe. `pipe(number(), integer())` is known; any other action is not. */
function convertPipe(node: ValibotNode, where: string): ElementSchema {
  const [first, ...actions] = node.pipe!;
  const { value } = convert(first!, where);
  let result = value;
  for (const action of actions) {
    if (action.kind === "metadata") continue;
    const isInteger = value.type === "f64" && (action.type === "integer" || action.type === "safe_integer");
    if (!isInteger) throw new Unsupported(`${where} has "${action.type}", which kernels do not check`);
    result = { type: "f64", integral: true, safe: action.type === "safe_integer" };
  }
  return { value: result };
}

function objectOf(node: ValibotNode, where: string): ValueSchema {
  const fields = Object.entries(node.entries!).map(([name, entry]): FieldSchema => {
    const { value, nullable, optional } = convert(entry, `"${name}" of ${where}`);
    return { name, value, nullable: nullable ?? false, optional: optional ?? false };
  });
  return { type: "object", fields, strict: node.type === "strict_object" };
}
