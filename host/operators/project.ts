import { PeridotError } from "../errors.ts";
import type { Operator } from "../topology/operator.ts";
import type { ProjectedField } from "../topology/serde.ts";

/**
 * KStream#mapValues by a projection: a value with the named fields only, each taken from a field of the old value.
 * Data, which kernels run where values are rows. Null stays null.
 */
export function project(projection: Readonly<Record<string, string>>): Operator {
  const fields = Object.entries(projection).map(([name, from]) => ({ name, from }));
  if (fields.length === 0) {
    throw new PeridotError("TOPOLOGY_INVALID", {
      problem: "a projection without fields",
      remedy: 'Name at least one: mapValues({ address: "Address" })',
    });
  }
  return {
    role: "MAPVALUES",
    facts: { changesKey: false, changesValue: true, terminal: false, stores: [], needsStreamTime: false },
    call: { shape: "mapValues", fn: (value: unknown) => projected(fields, value) },
    declaration: { step: "project", fields },
  };
}

function projected(fields: readonly ProjectedField[], value: unknown): unknown {
  if (value === null || value === undefined) return null;
  const row = value as Readonly<Record<string, unknown>>;
  const taken: Record<string, unknown> = {};
  for (const { name, from } of fields) {
    if (row[from] !== undefined) taken[name] = row[from];
  }
  return taken;
}
