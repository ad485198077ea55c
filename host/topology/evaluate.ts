import { PeridotError } from "../errors.ts";
import { type ArithmeticOperator, type Expression, isConstant } from "./expression.ts";
import type { ProjectedField } from "./serde.ts";

/** A value with fields, as far as expressions look at it. */
export type FieldsByName = Readonly<Record<string, unknown>>;

/**
 * The function that an expression stands for; kernels come to the same result. Undefined is an absent field.
 *
 * @param where what it stands in, for the ARITHMETIC_FAILED that it may throw.
 */
export function evaluator(expression: Expression, where: string): (row: FieldsByName) => unknown {
  if (typeof expression === "string") return fieldReader(expression);
  if (isConstant(expression)) {
    const { constant } = expression;
    return () => constant;
  }
  const { operator } = expression;
  const left = evaluator(expression.left, where);
  const right = evaluator(expression.right, where);
  return (row) => {
    const first = left(row);
    if (first === null || first === undefined) return null;
    const second = right(row);
    if (second === null || second === undefined) return null;
    return applied(operator, first, second, where);
  };
}

/** The function that a key taken from a value stands for: of what is absent, null. */
export function keySelector(key: Expression): (value: unknown) => unknown {
  const read = evaluator(key, "the key");
  return (value) => (value === null || value === undefined ? null : (read(value as FieldsByName) ?? null));
}

/** A row inherits from Object.prototype: a field named toString is there only if it is the row's own. */
function fieldReader(name: string): (row: FieldsByName) => unknown {
  if (name in Object.prototype) return (row) => (Object.hasOwn(row, name) ? row[name] : undefined);
  return (row) => row[name];
}

const OWN = { writable: true, enumerable: true, configurable: true };

/** The function that a projection stands for: null stays null, what is absent stays so. */
export function projector(fields: readonly ProjectedField[]): (value: unknown) => unknown {
  const members = fields.map(({ name, from }) => ({ name, read: evaluator(from, `the field "${name}"`) }));
  return (value) => {
    if (value === null || value === undefined) return null;
    const projected: Record<string, unknown> = {};
    for (const { name, read } of members) {
      const field = read(value as FieldsByName);
      if (field === undefined) continue;
      if (name === "__proto__") Object.defineProperty(projected, name, { ...OWN, value: field });
      else projected[name] = field;
    }
    return projected;
  };
}

function applied(operator: ArithmeticOperator, left: unknown, right: unknown, where: string): unknown {
  if (typeof left === "number" && typeof right === "number") return ofNumbers(operator, left, right);
  const fail = (problem: string) => {
    const facts = { where, left: textOf(left), sign: SIGNS[operator], right: textOf(right), problem };
    return new PeridotError("ARITHMETIC_FAILED", facts);
  };
  if (typeof left !== "bigint" || typeof right !== "bigint") {
    throw fail(`there is no arithmetic on ${typeof left} and ${typeof right}`);
  }
  if (right === 0n && (operator === "divide" || operator === "remainder")) throw fail("division by zero");
  const result = ofIntegers(operator, left, right);
  if (BigInt.asIntN(64, result) !== result) throw fail("the result does not fit in 64 bits");
  return result;
}

const SIGNS = { add: "+", subtract: "-", multiply: "*", divide: "/", remainder: "%" } as const;

function ofNumbers(operator: ArithmeticOperator, left: number, right: number): number {
  switch (operator) {
    case "add":
      return left + right;
    case "subtract":
      return left - right;
    case "multiply":
      return left * right;
    case "divide":
      return left / right;
    case "remainder":
      return left % right;
  }
}

function ofIntegers(operator: ArithmeticOperator, left: bigint, right: bigint): bigint {
  switch (operator) {
    case "add":
      return left + right;
    case "subtract":
      return left - right;
    case "multiply":
      return left * right;
    case "divide":
      return left / right;
    case "remainder":
      return left % right;
  }
}

function textOf(value: unknown): string {
  return typeof value === "bigint" || typeof value === "number" ? String(value) : typeof value;
}
