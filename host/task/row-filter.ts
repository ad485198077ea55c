import type { Expression } from "../topology/expression.ts";
import type { RowFilter } from "../topology/plan.ts";
import type { RowComparison } from "../topology/row-comparison.ts";
import type { RowField, RowType } from "../topology/serde.ts";
import type { FieldAt, FilterExpression } from "../wasm/kernel-instance.ts";

/** The filter that keeps the rows which pass all these. */
export function filterOf(filters: readonly RowFilter[], rows: RowType): FilterExpression {
  const all = filters.map(({ all, keeps }): FilterExpression => {
    const holds: FilterExpression = { op: "and", of: all.map((each) => comparisonOf(each, rows)) };
    return keeps ? holds : { op: "not", of: holds };
  });
  return all.length === 1 ? all[0]! : { op: "and", of: all };
}

/** The filter that keeps the rows for which all these come to something. */
export function checkOf(checks: readonly Expression[], rows: RowType): FilterExpression {
  const of = checks.map((each) => ({ op: "computes" as const, expression: rows.encodeExpression(each) }));
  return { op: "and", of };
}

const OPERATORS = { eq: "==", ne: "!=", lt: "<", le: "<=", gt: ">", ge: ">=" } as const;

function comparisonOf(comparison: RowComparison, rows: RowType): FilterExpression {
  if ("holds" in comparison) {
    return { op: "constant", ofRow: comparison.holds, ofNull: comparison.holdsOfNull };
  }
  if ("number" in comparison) {
    const expression = rows.encodeExpression(comparison.number);
    return { op: comparison.isNull ? "isNull" : "isNotNull", expression };
  }
  const op = OPERATORS[comparison.comparator];
  if ("numbers" in comparison) {
    const [left, right] = comparison.numbers;
    const computed = [rows.encodeExpression(left), rows.encodeExpression(right)] as const;
    return { op, computed, againstNull: comparison.againstNull };
  }
  if ("texts" in comparison) {
    const [left, right] = comparison.texts;
    return { op, fields: [fieldNamed(left, rows), fieldNamed(right, rows)] };
  }
  const field = fieldNamed(comparison.field, rows);
  if (comparison.constant === null) return { op: op === "==" ? "isNull" : "isNotNull", field };
  return { op, field, value: comparison.constant };
}

/** Where a field stands; its type may be one that kernels do not compare. */
export function fieldNamed(name: string, rows: RowType): FieldAt {
  return fieldAt(rows.fields.find((each) => each.name === name)!);
}

/** Bytes of a FlatBuffers vtable before its first entry, and of an entry. */
const VTABLE_LEAD = 4;
const VTABLE_ENTRY = 2;

function fieldAt(field: RowField): FieldAt {
  return { slots: [(field.slot - VTABLE_LEAD) / VTABLE_ENTRY], type: field.type as FieldAt["type"] };
}
