import { FIELD_BYTES } from "../../kernels/abi/field.ts";
import {
  FILTER_EQUAL,
  FILTER_FIRST_AT,
  FILTER_GREATER,
  FILTER_LESS,
  FILTER_NODES_AT,
  FILTER_NULL,
  FILTER_UNORDERED,
  NODE_ACCEPT_AT,
  NODE_AND,
  NODE_BYTES,
  NODE_COMPARE,
  NODE_COMPARE_AS_F64,
  NODE_FIELD_AT,
  NODE_KIND_AT,
  NODE_LENGTH_AT,
  NODE_NOT,
  NODE_NUMBER_AT,
  NODE_OR,
  NODE_TEXT_AT,
} from "../../kernels/abi/filter.ts";
import { FILTER_NODES_MAX, PAD_BYTES } from "../../kernels/abi/limits.ts";
import { assert, unreachable } from "../assert.ts";
import { PeridotError } from "../errors.ts";
import { writeField } from "./field-at.ts";
import type { FieldAt, FilterExpression, KernelFilter } from "./kernel-instance.ts";
import type { LinearMemory } from "./linear-memory.ts";

/** See KernelFilter. Errors: TOPOLOGY_INVALID, for a constant that is not of its field's type, or too many nodes. */
export function openFilter(memory: LinearMemory, expression: FilterExpression): KernelFilter {
  const bytes = compileFilter(expression);
  const address = memory.allocate(bytes.length, "a filter");
  memory.bytes.set(bytes, address);
  return {
    address,
    close() {
      memory.release(address);
    },
  };
}

/** The FILTER's bytes (kernels/abi/filter.ts). */
export function compileFilter(expression: FilterExpression): Buffer {
  const nodes: Buffer[] = [];
  const texts: Buffer[] = [];
  append(expression, nodes, texts);
  if (nodes.length > FILTER_NODES_MAX) {
    throw invalid(
      `a filter has ${nodes.length} comparisons and connectives`,
      `At most ${FILTER_NODES_MAX} fit: use a function instead`,
    );
  }
  let textAt = FILTER_FIRST_AT + nodes.length * NODE_BYTES;
  nodes.forEach((node, index) => {
    node.writeUInt32LE(textAt, NODE_TEXT_AT);
    textAt += texts[index]!.length;
  });
  const head = Buffer.alloc(FILTER_FIRST_AT);
  head.writeUInt32LE(nodes.length, FILTER_NODES_AT);
  return Buffer.concat([head, ...nodes, ...texts, Buffer.alloc(PAD_BYTES)]);
}

const ACCEPTS = {
  "==": FILTER_EQUAL,
  "!=": FILTER_LESS | FILTER_GREATER | FILTER_NULL | FILTER_UNORDERED,
  "<": FILTER_LESS,
  "<=": FILTER_LESS | FILTER_EQUAL,
  ">": FILTER_GREATER,
  ">=": FILTER_GREATER | FILTER_EQUAL,
  isNull: FILTER_NULL,
  isNotNull: FILTER_LESS | FILTER_EQUAL | FILTER_GREATER | FILTER_UNORDERED,
} as const;

/** Postfix order: what a connective joins stands before it. `texts[i]` is the constant of `nodes[i]`, or empty. */
function append(expression: FilterExpression, nodes: Buffer[], texts: Buffer[]): void {
  switch (expression.op) {
    case "and":
    case "or":
      if (expression.of.length === 0)
        throw invalid(`an empty "${expression.op}"`, "Name at least one condition");
      expression.of.forEach((part, index) => {
        append(part, nodes, texts);
        if (index > 0) push(connective(expression.op === "and" ? NODE_AND : NODE_OR), nodes, texts);
      });
      break;
    case "not":
      append(expression.of, nodes, texts);
      push(connective(NODE_NOT), nodes, texts);
      break;
    case "isNull":
    case "isNotNull":
      push(comparison(expression.field, ACCEPTS[expression.op]), nodes, texts);
      break;
    default: {
      const node = comparison(expression.field, ACCEPTS[expression.op]);
      const text = writeConstant(node, expression.field, expression.value);
      node.writeUInt32LE(text.length, NODE_LENGTH_AT);
      push(node, nodes, texts, text);
    }
  }
}

function push(node: Buffer, nodes: Buffer[], texts: Buffer[], text: Buffer = Buffer.alloc(0)): void {
  nodes.push(node);
  texts.push(text);
}

function connective(kind: number): Buffer {
  const node = Buffer.alloc(NODE_BYTES);
  node.writeUInt32LE(kind, NODE_KIND_AT);
  return node;
}

function comparison(field: FieldAt, accept: number): Buffer {
  const node = connective(NODE_COMPARE);
  node.writeUInt32LE(accept, NODE_ACCEPT_AT);
  assert(NODE_FIELD_AT + FIELD_BYTES <= NODE_NUMBER_AT, "a node's FIELD ends before its constant");
  writeField(node, NODE_FIELD_AT, field);
  return node;
}

/** @returns the constant's bytes, if it is text. */
function writeConstant(node: Buffer, field: FieldAt, value: string | number | bigint | boolean): Buffer {
  switch (field.type) {
    case "string":
      if (typeof value !== "string") throw mistyped(field, value);
      return Buffer.from(value);
    case "bool":
      if (typeof value !== "boolean") throw mistyped(field, value);
      node.writeBigInt64LE(value ? 1n : 0n, NODE_NUMBER_AT);
      break;
    case "f64":
      if (typeof value !== "number") throw mistyped(field, value);
      node.writeDoubleLE(value, NODE_NUMBER_AT);
      break;
    case "i32":
    case "i64":
      writeInteger(node, field, value);
      break;
    default:
      unreachable(field.type);
  }
  return Buffer.alloc(0);
}

/** An integer compares exactly; 2.5 against an i64 compares both as f64. */
function writeInteger(node: Buffer, field: FieldAt, value: string | number | bigint | boolean): void {
  if (typeof value === "bigint" || (typeof value === "number" && Number.isSafeInteger(value))) {
    const integer = BigInt(value);
    if (BigInt.asIntN(64, integer) !== integer) throw mistyped(field, value);
    node.writeBigInt64LE(integer, NODE_NUMBER_AT);
    return;
  }
  if (typeof value !== "number" || field.type === "i32") throw mistyped(field, value);
  node.writeUInt32LE(NODE_COMPARE_AS_F64, NODE_KIND_AT);
  node.writeDoubleLE(value, NODE_NUMBER_AT);
}

function mistyped(field: FieldAt, value: unknown): PeridotError {
  return invalid(
    `a filter compares a field of type ${field.type} with ${typeof value} ${String(value)}`,
    "Compare it with a constant of its own type",
  );
}

function invalid(problem: string, remedy: string): PeridotError {
  return new PeridotError("TOPOLOGY_INVALID", { problem, remedy });
}
