import { PeridotError } from "../errors.ts";
import type { Comparator, Comparison, Operator, Scalar } from "../topology/operator.ts";

/** One field of a condition: the value that it equals, or comparisons that all hold. */
export type FieldCondition = Scalar | { readonly [C in Comparator]?: Scalar };

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
  return { all, fn: (_key, value) => holds(all, value) };
}

function comparisonsOf(field: string, wanted: FieldCondition | undefined): Comparison[] {
  if (wanted === undefined) throw misuse(`the condition on "${field}" is undefined`);
  if (wanted === null || typeof wanted !== "object") return [{ field, comparator: "eq", constant: wanted }];
  return Object.entries(wanted).map(([name, constant]) => {
    if (!COMPARATORS.has(name)) throw misuse(`"${name}" is no comparison (field "${field}")`);
    if (constant === undefined) throw misuse(`the condition on "${field}" compares with undefined`);
    return { field, comparator: name as Comparator, constant };
  });
}

function misuse(problem: string): PeridotError {
  return new PeridotError("TOPOLOGY_INVALID", {
    problem,
    remedy: "A condition is { field: value } or { field: { eq, ne, lt, le, gt, ge } }",
  });
}

function holds(all: readonly Comparison[], value: unknown): boolean {
  const row = (value ?? {}) as Readonly<Record<string, Scalar | undefined>>;
  return all.every(({ field, comparator, constant }) => compare(row[field] ?? null, comparator, constant));
}

function compare(field: Scalar, comparator: Comparator, constant: Scalar): boolean {
  if (field === null || constant === null) {
    if (comparator === "eq") return field === constant;
    return comparator === "ne" && field !== constant;
  }
  const order = orderOf(field, constant);
  switch (comparator) {
    case "eq":
      return order === 0;
    case "ne":
      return order !== 0;
    case "lt":
      return order < 0;
    case "le":
      return order <= 0;
    case "gt":
      return order > 0;
    case "ge":
      return order >= 0;
  }
}

/** NaN where the two have no order. */
function orderOf(field: NonNullable<Scalar>, constant: NonNullable<Scalar>): number {
  if (typeof field === "string" && typeof constant === "string") return codePointOrder(field, constant);
  // A number and a bigint compare by their value; a text and a number never do.
  if (typeof field === "string" || typeof constant === "string") return Number.NaN;
  if (field < constant) return -1;
  if (field > constant) return 1;
  return field >= constant ? 0 : Number.NaN; // not ===: 1 and 1n are the same number
}

/** UTF-16 puts pairs of surrogates below U+E000 to U+FFFF; code point order, UTF-8's, puts them above all. */
function codePointOrder(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return isSurrogate(a) === isSurrogate(b) ? a - b : isSurrogate(a) ? 1 : -1;
  }
  return left.length - right.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
