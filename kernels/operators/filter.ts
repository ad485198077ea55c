import { EXPRESSION_TYPE_AT } from "../abi/expression";
import { FIELD_BOOL, FIELD_F64, FIELD_I32, FIELD_I64, FIELD_STRING, FIELD_TYPE_AT } from "../abi/field";
import {
  FILTER_FIRST_AT,
  FILTER_NODES_AT,
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
} from "../abi/filter";
import { ERROR_MEMORY_FULL } from "../abi/errors";
import { FILTER_NODES_MAX } from "../abi/limits";
import { ROWS_TABLES_AT } from "../abi/rows";
import { SELECTION_KEPT_AT, SELECTION_ROOM_AT, SELECTION_ROWS_AT } from "../abi/selection";
import { evaluate, evaluatedF64, evaluatedI64, GIVES_NOTHING, GIVES_NULL } from "../expression";
import { addressOfField } from "../field";
import { takeArena } from "../memory/arena";

// What a comparison found, as the number of the bit in `accept` (abi/filter.ts).
const LESS: i32 = 0;
const EQUAL: i32 = 1;
const GREATER: i32 = 2;
const NULL: i32 = 3;
const UNORDERED: i32 = 4;
const BOTH_NULL: i32 = 5;

/**
 * KStream#filter over one batch, its predicate declared: comparisons of fields and of what is computed of them, with
 * constants or with each other, joined by and, or, not. Each node of the expression runs over all rows before the next one does, and leaves a byte (0 or 1) for
 * each row in a lane of the arena. Writes a SELECTION and no record: order, keys, timestamps and headers cannot
 * change. `filterNot` is the same kernel, its expression under a `not`.
 *
 * @param target may be `source`.
 * @returns rows kept. Errors: ERROR_MEMORY_FULL, and nothing is written.
 */
export function filterRows(filter: usize, rows: usize, source: usize, target: usize): i32 {
  const nodes = load<i32>(filter, FILTER_NODES_AT);
  assert(nodes > 0);
  assert(nodes <= FILTER_NODES_MAX);
  const count = load<i32>(source, SELECTION_KEPT_AT);
  assert(count <= load<i32>(target, SELECTION_ROOM_AT));
  const laneBytes = (<usize>count + 15) & ~15;
  const lanes = takeArena(laneBytes * <usize>nodes);
  if (!lanes) return -ERROR_MEMORY_FULL;
  const selected = source + SELECTION_ROWS_AT;
  const tables = rows + ROWS_TABLES_AT;

  let lane = lanes; // the next free one: lanes are a stack, as the nodes are in postfix order
  for (let index = 0; index < nodes; index++) {
    const node = filter + FILTER_FIRST_AT + <usize>index * NODE_BYTES;
    const kind = load<i32>(node, NODE_KIND_AT);
    if (kind == NODE_COMPARE || kind == NODE_COMPARE_AS_F64) {
      compare(filter, node, tables, selected, count, lane);
      lane += laneBytes;
    } else if (kind >= NODE_COMPARE_TEXTS) {
      compareSides(filter, node, kind, tables, selected, count, lane);
      lane += laneBytes;
    } else if (kind == NODE_NOT) {
      assert(lane - lanes >= laneBytes);
      for (let at = lane - laneBytes; at < lane; at += 16) {
        v128.store(at, v128.xor(v128.load(at), i8x16.splat(1)));
      }
    } else {
      assert(kind == NODE_AND || kind == NODE_OR);
      assert(lane - lanes >= 2 * laneBytes);
      lane -= laneBytes;
      join(lane - laneBytes, lane, laneBytes, kind == NODE_AND);
    }
  }
  assert(lane == lanes + laneBytes); // one result is left
  return keep(lanes, source, target, count);
}

function join(left: usize, right: usize, bytes: usize, both: bool): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    const first = v128.load(left + at);
    const second = v128.load(right + at);
    v128.store(left + at, both ? v128.and(first, second) : v128.or(first, second));
  }
}

function keep(lane: usize, source: usize, target: usize, count: i32): i32 {
  const selected = source + SELECTION_ROWS_AT;
  const written = target + SELECTION_ROWS_AT;
  let kept: usize = 0;
  for (let index: usize = 0; index < <usize>count; index++) {
    store<u32>(written + (kept << 2), load<u32>(selected + (index << 2))); // overwritten unless it stays
    kept += <usize>load<u8>(lane + index);
  }
  store<u32>(target, <u32>kept, SELECTION_KEPT_AT);
  return <i32>kept;
}

/** One comparison over all selected rows: chooses the loop by the field's type. */
function compare(filter: usize, node: usize, tables: usize, selected: usize, count: i32, lane: usize): void {
  const type = load<i32>(node + NODE_FIELD_AT, FIELD_TYPE_AT);
  if (type == FIELD_STRING) return compareRows<string>(filter, node, tables, selected, count, lane);
  if (type == FIELD_I32) return compareRows<i32>(filter, node, tables, selected, count, lane);
  if (type == FIELD_F64) return compareRows<f64>(filter, node, tables, selected, count, lane);
  if (type == FIELD_BOOL) return compareRows<u8>(filter, node, tables, selected, count, lane);
  assert(type == FIELD_I64);
  if (load<i32>(node, NODE_KIND_AT) == NODE_COMPARE) {
    return compareRows<i64>(filter, node, tables, selected, count, lane);
  }
  compareRows<u64>(filter, node, tables, selected, count, lane); // stands for an i64 compared as f64
}

function compareRows<T>(
  filter: usize,
  node: usize,
  tables: usize,
  selected: usize,
  count: i32,
  lane: usize,
): void {
  const accept = load<u32>(node, NODE_ACCEPT_AT);
  const field = node + NODE_FIELD_AT;
  const text = filter + <usize>load<u32>(node, NODE_TEXT_AT);
  const textLength = <usize>load<u32>(node, NODE_LENGTH_AT);
  const integer = load<i64>(node, NODE_NUMBER_AT);
  const number = load<f64>(node, NODE_NUMBER_AT);
  for (let index: usize = 0; index < <usize>count; index++) {
    const table = <usize>load<u32>(tables + (<usize>load<u32>(selected + (index << 2)) << 2));
    const at = table ? addressOfField(field, table) : 0;
    let found = NULL;
    if (at) {
      if (isString<T>()) found = orderOfText(at + load<u32>(at), text, textLength);
      else if (isFloat<T>()) found = orderOfNumbers(load<f64>(at), number);
      else if (sizeof<T>() == 8 && !isSigned<T>()) found = orderOfNumbers(<f64>load<i64>(at), number);
      else found = orderOfIntegers(<i64>load<T>(at), integer);
    }
    store<u8>(lane + index, <u8>((accept >>> found) & 1));
  }
}

/** Comparisons whose both sides are of the row, and NODE_COMPUTES. */
function compareSides(
  filter: usize,
  node: usize,
  kind: i32,
  tables: usize,
  selected: usize,
  count: i32,
  lane: usize,
): void {
  const accept = load<u32>(node, NODE_ACCEPT_AT);
  const first = filter + <usize>load<u32>(node, NODE_TEXT_AT);
  const second = filter + <usize>load<u32>(node, NODE_NUMBER_AT);
  for (let index: usize = 0; index < <usize>count; index++) {
    const table = <usize>load<u32>(tables + (<usize>load<u32>(selected + (index << 2)) << 2));
    if (kind == NODE_COMPUTES) {
      store<u8>(lane + index, u8(evaluate(first, table) != GIVES_NOTHING));
      continue;
    }
    let found: i32;
    if (kind == NODE_COMPARE_TEXTS) found = orderOfFields(node + NODE_FIELD_AT, first, table);
    else {
      assert(kind == NODE_COMPARE_COMPUTED);
      found = orderOfComputed(first, second, table);
    }
    store<u8>(lane + index, <u8>((accept >>> found) & 1));
  }
}

/** Two fields that are strings. */
function orderOfFields(left: usize, right: usize, table: usize): i32 {
  assert(load<i32>(left, FIELD_TYPE_AT) == FIELD_STRING);
  assert(load<i32>(right, FIELD_TYPE_AT) == FIELD_STRING);
  const first = table ? addressOfField(left, table) : 0;
  const second = table ? addressOfField(right, table) : 0;
  if (!first || !second) return first == second ? BOTH_NULL : NULL;
  const text = second + load<u32>(second);
  return orderOfText(first + load<u32>(first), text + 4, <usize>load<u32>(text));
}

/** Two expressions of one type. Rows for which one of them gives nothing were refused before. */
function orderOfComputed(left: usize, right: usize, table: usize): i32 {
  const type = load<i32>(left, EXPRESSION_TYPE_AT);
  assert(type == load<i32>(right, EXPRESSION_TYPE_AT));
  const first = evaluate(left, table);
  assert(first != GIVES_NOTHING);
  const integer = evaluatedI64(); // the bits of an f64 as well
  const second = evaluate(right, table);
  assert(second != GIVES_NOTHING);
  if (first == GIVES_NULL || second == GIVES_NULL) return first == second ? BOTH_NULL : NULL;
  if (type == FIELD_I64) return orderOfIntegers(integer, evaluatedI64());
  return orderOfNumbers(reinterpret<f64>(integer), evaluatedF64());
}

@inline
function orderOfIntegers(left: i64, right: i64): i32 {
  return left == right ? EQUAL : left < right ? LESS : GREATER;
}

@inline
function orderOfNumbers(left: f64, right: f64): i32 {
  return left == right ? EQUAL : left < right ? LESS : left > right ? GREATER : UNORDERED;
}

/** A FlatBuffers string against the constant: by bytes, which is by code point. */
@inline
function orderOfText(left: usize, right: usize, rightLength: usize): i32 {
  const leftLength = <usize>load<u32>(left);
  const shorter = leftLength < rightLength ? leftLength : rightLength;
  const order = orderOfBytes(left + 4, right, shorter);
  if (order != EQUAL) return order;
  return leftLength == rightLength ? EQUAL : leftLength < rightLength ? LESS : GREATER;
}

/** Both sides are padded: 8 bytes may be read where fewer count. Inlined: a call costs a fifth of a filter on texts. */
@inline
function orderOfBytes(left: usize, right: usize, length: usize): i32 {
  for (let at: usize = 0; at < length; at += 8) {
    const rest = length - at;
    const mask: u64 = rest >= 8 ? -1 : ~(<u64>-1 >>> (<u64>rest << 3));
    const first = bswap(load<u64>(left + at)) & mask;
    const second = bswap(load<u64>(right + at)) & mask;
    if (first != second) return first < second ? LESS : GREATER;
  }
  return EQUAL;
}
