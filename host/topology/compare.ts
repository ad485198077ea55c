import type { Comparator, Scalar } from "./operator.ts";

/** Whether a comparison holds; null equals nothing but null and has no order. Kernels come to the same result. */
export function compare(left: Scalar, comparator: Comparator, right: Scalar): boolean {
  if (left === null || right === null) {
    if (comparator === "eq") return left === right;
    return comparator === "ne" && left !== right;
  }
  const order = orderOf(left, right);
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
function orderOf(left: NonNullable<Scalar>, right: NonNullable<Scalar>): number {
  if (typeof left === "string" && typeof right === "string") return codePointOrder(left, right);
  // A number and a bigint compare by their value; a text and a number never do.
  if (typeof left === "string" || typeof right === "string") return Number.NaN;
  if (left < right) return -1;
  if (left > right) return 1;
  return left >= right ? 0 : Number.NaN; // not ===: 1 and 1n are the same number
}

/** UTF-16 puts pairs of surrogates below U+E000 to U+FFFF; code point order, UTF-8's, puts them above all. */
function codePointOrder(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    if (left.charCodeAt(index) !== right.charCodeAt(index)) return rank(left, index) - rank(right, index);
  }
  return left.length - right.length;
}

/** Orders units as the code points are ordered that they belong to: halves of a pair above all others. */
function rank(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  const paired = isHigh(unit)
    ? isLow(text.charCodeAt(index + 1))
    : isLow(unit) && isHigh(text.charCodeAt(index - 1));
  return paired ? unit + 0x10000 : unit;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
