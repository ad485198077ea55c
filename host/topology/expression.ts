import type { Scalar } from "./operator.ts";

/** Operators of arithmetic, by their names in the DSL. */
export type ArithmeticOperator = "add" | "subtract" | "multiply" | "divide" | "remainder";

/** What a field of a projection, or a side of a comparison, is made of: a bare text is a field's name. */
export type Expression = string | Constant | Arithmetic;

export interface Constant {
  readonly constant: Scalar;
}

/**
 * JavaScript's arithmetic: on numbers, or on bigints that stay within 64 bits. Null where a side is null or absent;
 * the right one is not looked at where the left one is.
 */
export interface Arithmetic {
  readonly operator: ArithmeticOperator;
  readonly left: Expression;
  readonly right: Expression;
}

/** "i32", "i64", "f64", "string", "bool"; "null" for the constant; anything else is for error texts. */
export type ValueType = string;

export function isConstant(expression: Expression): expression is Constant {
  return typeof expression === "object" && "constant" in expression;
}

export function isArithmetic(expression: Expression): expression is Arithmetic {
  return typeof expression === "object" && "operator" in expression;
}

/** The type of what an expression comes to; arithmetic has that of its leftmost side, i32 being computed as f64. */
export function typeOf(expression: Expression, typeOfField: (name: string) => ValueType): ValueType {
  if (typeof expression === "string") return typeOfField(expression);
  if (isConstant(expression)) return typeOfConstant(expression.constant);
  const type = typeOf(expression.left, typeOfField);
  return type === "i32" ? "f64" : type;
}

function typeOfConstant(constant: Scalar): ValueType {
  if (constant === null) return "null";
  const types = { string: "string", number: "f64", bigint: "i64", boolean: "bool" } as const;
  return types[typeof constant as keyof typeof types];
}

/** Fields, constants and operators of an expression. */
export function sizeOf(expression: Expression): number {
  return isArithmetic(expression) ? 1 + sizeOf(expression.left) + sizeOf(expression.right) : 1;
}

/** The fields that an expression reads. */
export function fieldsOf(expression: Expression): readonly string[] {
  if (typeof expression === "string") return [expression];
  return isArithmetic(expression) ? [...fieldsOf(expression.left), ...fieldsOf(expression.right)] : [];
}

/** The same in terms of the row that a projection was made of. */
export function substituted(expression: Expression, from: (name: string) => Expression): Expression {
  if (typeof expression === "string") return from(expression);
  if (isConstant(expression)) return expression;
  const { operator, left, right } = expression;
  return { operator, left: substituted(left, from), right: substituted(right, from) };
}
