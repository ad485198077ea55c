import { compare } from "./compare.ts";
import { type Expression, isConstant, typeOf, type ValueType } from "./expression.ts";
import type { Comparator, Scalar } from "./operator.ts";

/** A comparison as kernels do it, in terms of the source's row. */
export type RowComparison =
  | { readonly field: string; readonly comparator: Comparator; readonly constant: Scalar }
  /** Two fields that are strings. */
  | { readonly texts: readonly [string, string]; readonly comparator: Comparator }
  /**
   * Two expressions of one type: f64 (with i32 and bool as such), or i64. `againstNull`: what the right one is to a
   * null value, whose fields are all null: null as well, or (a constant of the condition) itself.
   */
  | {
      readonly numbers: readonly [Expression, Expression];
      readonly comparator: Comparator;
      readonly againstNull: "null" | "constant";
    }
  | { readonly number: Expression; readonly isNull: boolean }
  /** Known beforehand, but for whether the value is null. */
  | { readonly holds: boolean; readonly holdsOfNull: boolean };

/**
 * Finds what kernels can do for a comparison.
 *
 * @param right { constant } stands in the condition itself, unless `rightIsField`: then it is a field, which is a
 *   constant on the way to here.
 * @returns undefined: nothing
 */
export function rowComparison(
  left: Expression,
  comparator: Comparator,
  right: Expression,
  rightIsField: boolean,
  typeOfField: (name: string) => ValueType,
): RowComparison | undefined {
  if (isConstant(right)) {
    const { constant } = right;
    if (isConstant(left)) {
      const holdsOfNull = compare(null, comparator, rightIsField ? null : constant);
      return { holds: compare(left.constant, comparator, constant), holdsOfNull };
    }
    if (!rightIsField && typeof left === "string" && isDirect(typeOfField(left), constant)) {
      return { field: left, comparator, constant };
    }
    if (!rightIsField && constant === null) return { number: left, isNull: comparator === "eq" };
  }
  if (isHuge(left)) return undefined;
  const type = familyOf(typeOf(left, typeOfField));
  const other = asType(right, type, typeOfField);
  if (other === undefined) return undefined;
  if (type !== "string") {
    const againstNull = isConstant(right) && !rightIsField ? "constant" : "null";
    return { numbers: [left, other], comparator, againstNull };
  }
  return typeof left === "string" && typeof other === "string"
    ? { texts: [left, other], comparator }
    : undefined;
}

/** Whether a field of this type is compared with this constant as it stands. */
function isDirect(type: ValueType, constant: Scalar): boolean {
  switch (typeof constant) {
    case "bigint":
      return (type === "i64" && !isHuge({ constant })) || (type === "i32" && isSafe(constant));
    case "number":
      return type !== "i32" || Number.isSafeInteger(constant);
    default:
      return true;
  }
}

function isSafe(integer: bigint): boolean {
  return BigInt.asIntN(53, integer) === integer;
}

/** What can be compared with each other. */
function familyOf(type: ValueType): ValueType {
  return type === "i32" ? "f64" : type;
}

/** The other side, as this type; a constant may be turned into it. undefined: it cannot be compared by kernels. */
function asType(
  other: Expression,
  type: ValueType,
  typeOfField: (name: string) => ValueType,
): Expression | undefined {
  if (type !== "f64" && type !== "i64" && type !== "bool" && type !== "string") return undefined;
  if (familyOf(typeOf(other, typeOfField)) === type && !isHuge(other)) return other;
  if (!isConstant(other)) return undefined;
  const { constant } = other;
  if (type === "i64" && typeof constant === "number" && Number.isSafeInteger(constant)) {
    return { constant: BigInt(constant) };
  }
  if (type === "f64" && typeof constant === "bigint" && isSafe(constant)) {
    return { constant: Number(constant) };
  }
  return undefined;
}

/** A bigint that no i64 holds. */
function isHuge(expression: Expression): boolean {
  if (!isConstant(expression) || typeof expression.constant !== "bigint") return false;
  return BigInt.asIntN(64, expression.constant) !== expression.constant;
}
