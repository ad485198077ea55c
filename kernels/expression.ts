import {
  EXPRESSION_ADD,
  EXPRESSION_CONSTANT,
  EXPRESSION_DIVIDE,
  EXPRESSION_FIELD_BOOL,
  EXPRESSION_FIELD_F64,
  EXPRESSION_FIELD_I32,
  EXPRESSION_FIELD_I64,
  EXPRESSION_FIRST_AT,
  EXPRESSION_MULTIPLY,
  EXPRESSION_NODES_AT,
  EXPRESSION_NODE_BYTES,
  EXPRESSION_NODE_ENTRY_AT,
  EXPRESSION_NODE_KIND_AT,
  EXPRESSION_NODE_NUMBER_AT,
  EXPRESSION_REMAINDER,
  EXPRESSION_SUBTRACT,
  EXPRESSION_TYPE_AT,
} from "./abi/expression";
import { FIELD_F64, FIELD_I64 } from "./abi/field";
import { EXPRESSION_NODES_MAX } from "./abi/limits";
import { fieldAt } from "./batch";

/** What an expression comes to: a number; null; nothing, as an integer leaves 64 bits or is divided by zero. */
export const GIVES_NUMBER: i32 = 0;
export const GIVES_NULL: i32 = 1;
export const GIVES_NOTHING: i32 = 2;

/** The numbers of one evaluation, as a stack; what it comes to is left in the first one. */
const NUMBERS: usize = memory.data(8 * EXPRESSION_NODES_MAX, 16);

/** What the last evaluation came to. */
@inline
export function evaluatedF64(): f64 {
  return load<f64>(NUMBERS);
}

@inline
export function evaluatedI64(): i64 {
  return load<i64>(NUMBERS);
}

/**
 * Evaluates an EXPRESSION over one row. Its numbers are JavaScript's: f64, or integers that are exact.
 *
 * @param table the row's; 0: its value is null, and so are all its fields.
 * @returns GIVES_*; with GIVES_NUMBER, the number can be asked for until the next evaluation.
 */
export function evaluate(expression: usize, table: usize): i32 {
  const nodes = load<u32>(expression, EXPRESSION_NODES_AT);
  assert(nodes > 0);
  assert(nodes <= <u32>EXPRESSION_NODES_MAX);
  if (!table) return GIVES_NULL;
  if (load<i32>(expression, EXPRESSION_TYPE_AT) == FIELD_F64) return evaluateF64(expression, nodes, table);
  assert(load<i32>(expression, EXPRESSION_TYPE_AT) == FIELD_I64);
  return evaluateI64(expression, nodes, table);
}

function evaluateF64(expression: usize, nodes: u32, table: usize): i32 {
  let top = NUMBERS; // the next free place
  let node = expression + EXPRESSION_FIRST_AT;
  for (; nodes > 0; nodes--, node += EXPRESSION_NODE_BYTES) {
    const kind = load<i32>(node, EXPRESSION_NODE_KIND_AT);
    if (kind == EXPRESSION_CONSTANT) {
      store<f64>(top, load<f64>(node, EXPRESSION_NODE_NUMBER_AT));
      top += 8;
    } else if (kind < EXPRESSION_ADD) {
      const at = fieldAt(table, <usize>load<u32>(node, EXPRESSION_NODE_ENTRY_AT));
      if (!at) return GIVES_NULL;
      store<f64>(top, numberAt(kind, at));
      top += 8;
    } else {
      top -= 8;
      assert(top > NUMBERS); // both sides stand before their operator
      store<f64>(top - 8, applyF64(kind, load<f64>(top - 8), load<f64>(top)));
    }
  }
  assert(top == NUMBERS + 8);
  return GIVES_NUMBER;
}

@inline
function numberAt(kind: i32, at: usize): f64 {
  if (kind == EXPRESSION_FIELD_F64) return load<f64>(at);
  if (kind == EXPRESSION_FIELD_I32) return load<i32>(at);
  assert(kind == EXPRESSION_FIELD_BOOL);
  return load<u8>(at);
}

@inline
function applyF64(kind: i32, left: f64, right: f64): f64 {
  switch (kind) {
    case EXPRESSION_ADD:
      return left + right;
    case EXPRESSION_SUBTRACT:
      return left - right;
    case EXPRESSION_MULTIPLY:
      return left * right;
    case EXPRESSION_DIVIDE:
      return left / right;
    default:
      assert(kind == EXPRESSION_REMAINDER);
      return left % right;
  }
}

function evaluateI64(expression: usize, nodes: u32, table: usize): i32 {
  let top = NUMBERS;
  let node = expression + EXPRESSION_FIRST_AT;
  for (; nodes > 0; nodes--, node += EXPRESSION_NODE_BYTES) {
    const kind = load<i32>(node, EXPRESSION_NODE_KIND_AT);
    if (kind == EXPRESSION_CONSTANT) {
      store<i64>(top, load<i64>(node, EXPRESSION_NODE_NUMBER_AT));
      top += 8;
    } else if (kind < EXPRESSION_ADD) {
      assert(kind == EXPRESSION_FIELD_I64);
      const at = fieldAt(table, <usize>load<u32>(node, EXPRESSION_NODE_ENTRY_AT));
      if (!at) return GIVES_NULL;
      store<i64>(top, load<i64>(at));
      top += 8;
    } else {
      top -= 8;
      assert(top > NUMBERS);
      if (!applyI64(kind, load<i64>(top - 8), load<i64>(top), top - 8)) return GIVES_NOTHING;
    }
  }
  assert(top == NUMBERS + 8);
  return GIVES_NUMBER;
}

/** @returns false: there is no such integer of 64 bits, and nothing is written. */
function applyI64(kind: i32, left: i64, right: i64, target: usize): bool {
  let result: i64;
  switch (kind) {
    case EXPRESSION_ADD:
      result = left + right;
      if (((left ^ result) & (right ^ result)) < 0) return false;
      break;
    case EXPRESSION_SUBTRACT:
      result = left - right;
      if (((left ^ right) & (left ^ result)) < 0) return false;
      break;
    case EXPRESSION_MULTIPLY:
      result = left * right;
      if (left == -1) {
        if (right == i64.MIN_VALUE) return false;
      } else if (left != 0 && result / left != right) return false;
      break;
    case EXPRESSION_DIVIDE:
      if (right == 0 || (right == -1 && left == i64.MIN_VALUE)) return false;
      result = left / right;
      break;
    default:
      assert(kind == EXPRESSION_REMAINDER);
      if (right == 0) return false;
      result = left % right;
  }
  store<i64>(target, result);
  return true;
}
