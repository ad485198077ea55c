import * as expressions from "../../kernels/abi/expression.ts";
import { FIELD_BYTES, FIELD_F64 } from "../../kernels/abi/field.ts";
import {
  FILTER_BOTH_NULL,
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
  NODE_COMPARE_COMPUTED,
  NODE_COMPARE_TEXTS,
  NODE_COMPUTES,
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
    if (node.readUInt32LE(NODE_KIND_AT) === NODE_COMPARE_COMPUTED) {
      node.writeUInt32LE(textAt + node.readUInt32LE(NODE_NUMBER_AT), NODE_NUMBER_AT);
    }
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

/** Where both sides are of the row. */
const ACCEPTS_SIDES = {
  ...ACCEPTS,
  "==": FILTER_EQUAL | FILTER_BOTH_NULL,
  isNull: FILTER_BOTH_NULL, // of an expression with itself
} as const;

/** A kernel finds both sides null where the row is; the constant is not. */
function againstConstant(accept: number): number {
  return accept & FILTER_NULL ? accept | FILTER_BOTH_NULL : accept;
}

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
    default:
      appendLeaf(expression, nodes, texts);
  }
}

type Leaf = Exclude<FilterExpression, { readonly op: "and" | "or" | "not" }>;

function appendLeaf(leaf: Leaf, nodes: Buffer[], texts: Buffer[]): void {
  if (leaf.op === "constant") {
    const accept = (leaf.ofRow ? FILTER_EQUAL : 0) | (leaf.ofNull ? FILTER_BOTH_NULL : 0);
    pushComputed(accept, ZERO, ZERO, nodes, texts);
  } else if (leaf.op === "computes") {
    push(connective(NODE_COMPUTES), nodes, texts, Buffer.from(leaf.expression));
  } else if ("expression" in leaf) {
    pushComputed(ACCEPTS_SIDES[leaf.op], leaf.expression, leaf.expression, nodes, texts);
  } else if ("computed" in leaf) {
    const accept = leaf.againstNull === "null" ? ACCEPTS_SIDES[leaf.op] : againstConstant(ACCEPTS[leaf.op]);
    pushComputed(accept, leaf.computed[0], leaf.computed[1], nodes, texts);
  } else if ("fields" in leaf) {
    pushTexts(ACCEPTS_SIDES[leaf.op], leaf.fields[0], leaf.fields[1], nodes, texts);
  } else {
    const node = comparison(leaf.field, ACCEPTS[leaf.op]);
    const text = "value" in leaf ? writeConstant(node, leaf.field, leaf.value) : NOTHING;
    node.writeUInt32LE(text.length, NODE_LENGTH_AT);
    push(node, nodes, texts, text);
  }
}

const NOTHING = Buffer.alloc(0);
/** An EXPRESSION: it is null where a row is, else 0. */
const ZERO = zero();

function zero(): Buffer {
  const bytes = Buffer.alloc(expressions.EXPRESSION_FIRST_AT + expressions.EXPRESSION_NODE_BYTES);
  bytes.writeUInt32LE(1, expressions.EXPRESSION_NODES_AT);
  bytes.writeUInt32LE(FIELD_F64, expressions.EXPRESSION_TYPE_AT);
  bytes.writeUInt32LE(
    expressions.EXPRESSION_CONSTANT,
    expressions.EXPRESSION_FIRST_AT + expressions.EXPRESSION_NODE_KIND_AT,
  );
  return bytes;
}

/** Two EXPRESSIONs. Until all are placed, the right one's position is relative to the left one's. */
function pushComputed(
  accept: number,
  left: Uint8Array,
  right: Uint8Array,
  nodes: Buffer[],
  texts: Buffer[],
): void {
  const node = connective(NODE_COMPARE_COMPUTED);
  node.writeUInt32LE(accept, NODE_ACCEPT_AT);
  node.writeUInt32LE(left.length, NODE_NUMBER_AT);
  push(node, nodes, texts, Buffer.concat([left, right]));
}

function pushTexts(accept: number, left: FieldAt, right: FieldAt, nodes: Buffer[], texts: Buffer[]): void {
  const node = comparison(left, accept);
  node.writeUInt32LE(NODE_COMPARE_TEXTS, NODE_KIND_AT);
  const other = Buffer.alloc(FIELD_BYTES);
  writeField(other, 0, right);
  push(node, nodes, texts, other);
}

function push(node: Buffer, nodes: Buffer[], texts: Buffer[], text: Buffer = NOTHING): void {
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
      return textBytes(value);
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

/** As rows hold text: UTF-8, in which a lone surrogate takes three bytes as other code points do. */
function textBytes(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  return Buffer.concat(
    Array.from(text, (character) => {
      const point = character.codePointAt(0)!;
      if (point < 0xd800 || point > 0xdfff) return Buffer.from(character);
      return Buffer.from([0xe0 | (point >>> 12), 0x80 | ((point >>> 6) & 63), 0x80 | (point & 63)]);
    }),
  );
}

/**
 * An integer compares exactly. Against 2.5 both compare as f64, which is exact too: from 2^53 on no f64 has a fraction.
 * What lies beyond 64 bits is to an integer of 64 bits as infinity is.
 */
function writeInteger(node: Buffer, field: FieldAt, value: string | number | bigint | boolean): void {
  if (typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value))) {
    const integer = BigInt(value);
    if (BigInt.asIntN(64, integer) === integer) {
      node.writeBigInt64LE(integer, NODE_NUMBER_AT);
      return;
    }
    if (typeof value === "bigint") throw mistyped(field, value);
  }
  if (typeof value !== "number" || field.type === "i32") throw mistyped(field, value);
  node.writeUInt32LE(NODE_COMPARE_AS_F64, NODE_KIND_AT);
  node.writeDoubleLE(
    Math.abs(value) >= 2 ** 63 ? Math.sign(value) * Number.POSITIVE_INFINITY : value,
    NODE_NUMBER_AT,
  );
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
