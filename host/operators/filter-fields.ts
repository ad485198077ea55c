import { PeridotError } from "../errors.ts";
import { compare } from "../topology/compare.ts";
import { evaluator, type FieldsByName } from "../topology/evaluate.ts";
import { type Expression, fieldsOf } from "../topology/expression.ts";
import type { Comparator, Comparison, Operator, Scalar } from "../topology/operator.ts";
import { parseExpression } from "../topology/parse-expression.ts";

/** One field of a condition: the value that it equals, or comparisons that all hold, with constants or expressions. */
export type FieldCondition = Scalar | { readonly [C in Comparator]?: Scalar | object };

const COMPARATORS: ReadonlySet<string> = new Set<Comparator>(["eq", "ne", "lt", "le", "gt", "ge"]);

/**
 * KStream#filter and #filterNot by a condition on fields: data, which kernels run where values are rows.
 * Compares as JavaScript does, with these differences: a null or absent field equals nothing but null and has no
 * order; strings order by code point. A null value counts as one whose fields are all null.
 */
export function filterFields(
  condition: Readonly<Record<string, FieldCondition | undefined>>,
  keeps: boolean,
): Operator {
  const { all, fn } = conditionOf(condition);
  return {
    role: "FILTER",
    facts: { changesKey: false, changesValue: false, terminal: false, stores: [], needsStreamTime: false },
    call: { shape: "filter", keeps, fn },
    declaration: { step: "filter", all, keeps },
  };
}

/** A condition as comparisons, and as the function that does the same. Errors: TOPOLOGY_INVALID. */
export function conditionOf(condition: Readonly<Record<string, FieldCondition | undefined>>): {
  readonly all: readonly Comparison[];
  readonly fn: (key: unknown, value: unknown) => boolean;
} {
  const all = Object.entries(condition).flatMap(([field, wanted]) => comparisonsOf(field, wanted));
  if (all.length === 0) throw misuse("a condition that compares nothing");
  const checks = all.map(checkOf);
  return { all, fn: (_key, value) => checks.every((check) => check((value ?? {}) as FieldsByName)) };
}

function comparisonsOf(field: string, wanted: FieldCondition | undefined): Comparison[] {
  if (wanted === undefined) throw misuse(`the condition on "${field}" is undefined`);
  if (wanted === null || typeof wanted !== "object") {
    return [{ field, comparator: "eq", to: { constant: wanted } }];
  }
  return Object.entries(wanted).map(([name, other]: [string, unknown]) => {
    if (!COMPARATORS.has(name)) throw misuse(`"${name}" is no comparison (field "${field}")`);
    if (other === undefined) throw misuse(`the condition on "${field}" compares with undefined`);
    const comparator = name as Comparator;
    if (other === null || typeof other !== "object") {
      return { field, comparator, to: { constant: other as Scalar } };
    }
    const where = `the condition on "${field}"`;
    return { field, comparator, to: folded(parseExpression(other, where), where) };
  });
}

/**
 * Arithmetic on constants alone is a constant: it is one for null values too, whose computed fields are null. What cannot
 * be computed stays, and makes bad records.
 */
function folded(expression: Expression, where: string): Expression {
  if (fieldsOf(expression).length > 0) return expression;
  try {
    return { constant: evaluator(expression, where)({}) as Scalar };
  } catch {
    return expression;
  }
}

function checkOf({ field, comparator, to }: Comparison): (row: FieldsByName) => boolean {
  const where = `the condition on "${field}"`;
  const left = evaluator(field, where) as (row: FieldsByName) => Scalar | undefined;
  const right = evaluator(to, where) as (row: FieldsByName) => Scalar | undefined;
  return (row) => compare(left(row) ?? null, comparator, right(row) ?? null);
}

function misuse(problem: string): PeridotError {
  return new PeridotError("TOPOLOGY_INVALID", {
    problem,
    remedy: "A condition is { field: value } or { field: { eq, ne, lt, le, gt, ge } }",
  });
}
