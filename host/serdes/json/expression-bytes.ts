import * as abi from "../../../kernels/abi/expression.ts";
import { FIELD_F64, FIELD_I64 } from "../../../kernels/abi/field.ts";
import { KIND_BOOL, KIND_F64, KIND_I32, KIND_I64 } from "../../../kernels/abi/json-descriptor.ts";
import { EXPRESSION_NODES_MAX } from "../../../kernels/abi/limits.ts";
import { assert } from "../../assert.ts";
import { type Expression, isConstant } from "../../topology/expression.ts";
import type { TableLayout } from "./layout.ts";

const FIELD_KINDS: ReadonlyMap<number, number> = new Map([
  [KIND_F64, abi.EXPRESSION_FIELD_F64],
  [KIND_I64, abi.EXPRESSION_FIELD_I64],
  [KIND_I32, abi.EXPRESSION_FIELD_I32],
  [KIND_BOOL, abi.EXPRESSION_FIELD_BOOL],
]);

const OPERATORS = {
  add: abi.EXPRESSION_ADD,
  subtract: abi.EXPRESSION_SUBTRACT,
  multiply: abi.EXPRESSION_MULTIPLY,
  divide: abi.EXPRESSION_DIVIDE,
  remainder: abi.EXPRESSION_REMAINDER,
} as const;

/** An EXPRESSION's bytes (kernels/abi/expression.ts), and whether it is of i64 or of f64. */
export interface ExpressionBytes {
  readonly bytes: Uint8Array;
  readonly type: "i64" | "f64";
}

/** @param expression of numbers or booleans of one type, as validate() has found; at most EXPRESSION_NODES_MAX nodes. */
export function expressionBytes(root: TableLayout, expression: Expression): ExpressionBytes {
  const type = isOfIntegers(root, expression) ? "i64" : "f64";
  const nodes: Buffer[] = [];
  append(root, expression, nodes);
  assert(nodes.length <= EXPRESSION_NODES_MAX, "an expression that is too long runs as a function");
  const head = Buffer.alloc(abi.EXPRESSION_FIRST_AT);
  head.writeUInt32LE(nodes.length, abi.EXPRESSION_NODES_AT);
  head.writeUInt32LE(type === "i64" ? FIELD_I64 : FIELD_F64, abi.EXPRESSION_TYPE_AT);
  return { bytes: Buffer.concat([head, ...nodes]), type };
}

function isOfIntegers(root: TableLayout, expression: Expression): boolean {
  if (typeof expression === "string") return fieldNamed(root, expression).kind === KIND_I64;
  return isConstant(expression)
    ? typeof expression.constant === "bigint"
    : isOfIntegers(root, expression.left);
}

/** Postfix order: both sides stand before their operator. */
function append(root: TableLayout, expression: Expression, nodes: Buffer[]): void {
  const node = Buffer.alloc(abi.EXPRESSION_NODE_BYTES);
  if (typeof expression === "string") {
    const { kind, slot } = fieldNamed(root, expression);
    const code = FIELD_KINDS.get(kind);
    assert(code !== undefined, `the field ${expression} is a number or a boolean`);
    node.writeUInt32LE(code, abi.EXPRESSION_NODE_KIND_AT);
    node.writeUInt32LE(slot, abi.EXPRESSION_NODE_ENTRY_AT);
  } else if (isConstant(expression)) {
    const { constant } = expression;
    node.writeUInt32LE(abi.EXPRESSION_CONSTANT, abi.EXPRESSION_NODE_KIND_AT);
    if (typeof constant === "bigint") node.writeBigInt64LE(constant, abi.EXPRESSION_NODE_NUMBER_AT);
    else {
      assert(typeof constant === "number" || typeof constant === "boolean", "a constant of an expression");
      node.writeDoubleLE(Number(constant), abi.EXPRESSION_NODE_NUMBER_AT);
    }
  } else {
    append(root, expression.left, nodes);
    append(root, expression.right, nodes);
    node.writeUInt32LE(OPERATORS[expression.operator], abi.EXPRESSION_NODE_KIND_AT);
  }
  nodes.push(node);
}

function fieldNamed(root: TableLayout, name: string) {
  const field = root.fields.find((each) => each.name === name);
  assert(field !== undefined, `an expression names fields of the row, not ${name}`);
  return field;
}
