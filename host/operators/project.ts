import { PeridotError } from "../errors.ts";
import { keySelector, projector } from "../topology/evaluate.ts";
import type { Operator } from "../topology/operator.ts";
import { parseExpression } from "../topology/parse-expression.ts";
import type { ProjectedField } from "../topology/serde.ts";

/**
 * KStream#mapValues by a projection: a value with the named fields only, each taken from a field of the old value, a
 * constant, or computed. Data, which kernels run where values are rows. Null stays null.
 */
export function project(projection: Readonly<Record<string, unknown>>): Operator {
  const fields = fieldsOf(projection);
  return {
    role: "MAPVALUES",
    facts: { changesKey: false, changesValue: true, terminal: false, stores: [], needsStreamTime: false },
    call: { shape: "mapValues", fn: projector(fields) },
    declaration: { step: "project", fields },
  };
}

/** KStream#map by a projection, and by the field of the old value that becomes the key. */
export function projectWithKey(key: string, projection: Readonly<Record<string, unknown>>): Operator {
  const fields = fieldsOf(projection);
  const select = keySelector(key);
  const make = projector(fields);
  return {
    role: "MAP",
    facts: { changesKey: true, changesValue: true, terminal: false, stores: [], needsStreamTime: false },
    call: { shape: "map", fn: (_key: unknown, value: unknown) => [select(value), make(value)] },
    declaration: { step: "project", fields, key },
  };
}

function fieldsOf(projection: Readonly<Record<string, unknown>>): readonly ProjectedField[] {
  const fields = Object.entries(projection).map(([name, from]) => ({
    name,
    from: parseExpression(from, `the field "${name}" of a projection`),
  }));
  if (fields.length > 0) return fields;
  throw new PeridotError("TOPOLOGY_INVALID", {
    problem: "a projection without fields",
    remedy: 'Name at least one: mapValues({ address: "Address" })',
  });
}
