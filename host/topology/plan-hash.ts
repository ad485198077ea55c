import { createHash } from "node:crypto";
import type { GlobalTableSpec } from "./global-table.ts";
import type { SubTopology } from "./plan.ts";
import type { AnySerde } from "./serde.ts";

/** SHA-256 in hex over a plan: names, serdes by name, steps, and the text of user functions. */
export function planHash(subTopologies: readonly SubTopology[], globals: readonly GlobalTableSpec[]): string {
  return createHash("sha256")
    .update(JSON.stringify([subTopologies, globals], asText))
    .digest("hex");
}

function asText(_name: string, value: unknown): unknown {
  if (typeof value === "function") return `function ${String(value)}`;
  if (typeof value === "bigint") return { bigint: String(value) };
  // JSON would make these null, and 0
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))) {
    return { number: Object.is(value, -0) ? "-0" : String(value) };
  }
  if (value instanceof RegExp) return `pattern ${value}`;
  if (typeof value === "object" && value !== null && "serialize" in value && "format" in value) {
    const { name, format, rows } = value as AnySerde;
    return { name, format, rows: rows && Buffer.from(rows.descriptor).toString("base64") };
  }
  return value;
}
