import { PeridotError } from "../errors.ts";
import type { ArithmeticOperator, Expression } from "./expression.ts";
import type { Scalar } from "./operator.ts";

const OPERATORS: ReadonlySet<string> = new Set<ArithmeticOperator>([
  "add",
  "subtract",
  "multiply",
  "divide",
  "remainder",
]);

/**
 * Reads an expression as the DSL has it: "Price", { multiply: ["Price", 1.1] }, { constant: "web" },
 * { field: "Price" }. More than two operands are taken from left to right.
 *
 * @param where what it stands in, for error texts.
 * @throws TOPOLOGY_INVALID: anything else
 */
export function parseExpression(given: unknown, where: string): Expression {
  if (typeof given === "string") return given;
  const [member, ...others] = typeof given === "object" && given !== null ? Object.entries(given) : [];
  if (member === undefined || others.length > 0) throw misuse(`${where} is ${textOf(given)}`);
  const [name, inner] = member as [string, unknown];
  if (name === "constant" && isScalar(inner)) return { constant: inner };
  if (name === "field" && typeof inner === "string") return inner;
  if (!OPERATORS.has(name)) throw misuse(`${where} has "${name}", which is no operator`);
  if (!Array.isArray(inner) || inner.length < 2) throw misuse(`${where}: "${name}" has not two operands`);
  return inner
    .map((operand) => parseOperand(operand, where))
    .reduce((left, right) => ({ operator: name as ArithmeticOperator, left, right }));
}

function parseOperand(operand: unknown, where: string): Expression {
  if (typeof operand === "number") return { constant: operand };
  if (typeof operand !== "bigint") return parseExpression(operand, where);
  if (BigInt.asIntN(64, operand) !== operand) throw misuse(`${where}: ${operand} does not fit in 64 bits`);
  return { constant: operand };
}

function isScalar(given: unknown): given is Scalar {
  return given === null || ["string", "number", "bigint", "boolean"].includes(typeof given);
}

function textOf(given: unknown): string {
  if (typeof given !== "object" || given === null) return typeof given === "object" ? "null" : typeof given;
  return `an object of ${Object.keys(given).length} members`;
}

function misuse(problem: string): PeridotError {
  return new PeridotError("TOPOLOGY_INVALID", {
    problem,
    remedy:
      'Write the name of a field, { constant: … }, or arithmetic: { multiply: ["Price", 2] }, with add, subtract, multiply, divide or remainder',
  });
}
