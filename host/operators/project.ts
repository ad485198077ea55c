import { PeridotError } from "../errors.ts";
import { projector } from "../topology/evaluate.ts";
import type { Operator } from "../topology/operator.ts";
import { parseExpression } from "../topology/parse-expression.ts";

/**
 * KStream#mapValues by a projection: a value with the named fields only, each taken from a field of the old value, a
 * constant, or computed. Data, which kernels run where values are rows. Null stays null.
 */
export function project(projection: Readonly<Record<string, unknown>>): Operator {
  const fields = Object.entries(projection).map(([name, from]) => ({
    name,
    from: parseExpression(from, `the field "${name}" of a projection`),
  }));
  if (fields.length === 0) {
    throw new PeridotError("TOPOLOGY_INVALID", {
      problem: "a projection without fields",
      remedy: 'Name at least one: mapValues({ address: "Address" })',
    });
  }
  return {
    role: "MAPVALUES",
    facts: { changesKey: false, changesValue: true, terminal: false, stores: [], needsStreamTime: false },
    call: { shape: "mapValues", fn: projector(fields) },
    declaration: { step: "project", fields },
  };
}
