import { PeridotError } from "../errors.ts";
import { type Expression, isArithmetic, isConstant, typeOf, type ValueType } from "./expression.ts";
import type { ProcessorNode } from "./node.ts";
import type { Comparison, Scalar } from "./operator.ts";
import type { Children } from "./tree.ts";

/** A field of a row, as far as it can be compared and computed with. */
interface TypedField {
  readonly name: string;
  readonly type: ValueType;
}

/**
 * Follows rows from their source, as far as declarative steps lead.
 *
 * @throws TOPOLOGY_INVALID: a field that the rows do not have; comparisons and arithmetic that mix types
 */
export function checkFields(parent: number, fields: readonly TypedField[], children: Children): void {
  for (const node of children.get(parent) ?? []) {
    if (node.kind === "sink") continue;
    const next = fieldsAfter(node, fields);
    if (next !== undefined) checkFields(node.id, next, children);
  }
}

function fieldsAfter(node: ProcessorNode, fields: readonly TypedField[]): readonly TypedField[] | undefined {
  const { declaration, facts } = node.operator;
  const rows = new TypedRows(fields, node.name);
  switch (declaration?.step) {
    case undefined:
      return facts.changesValue ? undefined : fields;
    case "keyed":
      return fields;
    case "filter":
      for (const comparison of declaration.all) rows.checkComparison(comparison);
      return fields;
    case "branch":
      for (const comparison of declaration.predicates.flat()) rows.checkComparison(comparison);
      return fields;
    case "selectKey":
      rows.typeOfField(declaration.key);
      return fields;
    case "project":
      if (declaration.key !== undefined) rows.typeOfField(declaration.key);
      return declaration.fields.map(({ name, from }) => ({ name, type: rows.checkedType(from) }));
  }
}

const NUMBERS: ReadonlySet<ValueType> = new Set(["i32", "i64", "f64"]);
const SIMPLE: ReadonlySet<ValueType> = new Set([...NUMBERS, "string", "bool", "null"]);

/** The rows that one node gets. */
class TypedRows {
  readonly #types: ReadonlyMap<string, ValueType>;
  readonly #node: string;

  constructor(fields: readonly TypedField[], node: string) {
    this.#types = new Map(fields.map(({ name, type }) => [name, type]));
    this.#node = node;
  }

  typeOfField(name: string): ValueType {
    const type = this.#types.get(name);
    if (type !== undefined) return type;
    throw invalid(
      `${this.#node} names the field "${name}", which its rows do not have`,
      `They have: ${[...this.#types.keys()].join(", ")}`,
    );
  }

  /** The type of an expression, all of whose arithmetic is on numbers of one kind. */
  checkedType(expression: Expression): ValueType {
    const type = typeOf(expression, (name) => this.typeOfField(name));
    if (isArithmetic(expression)) this.#checkOperand(expression, type);
    return type;
  }

  #checkOperand(expression: Expression, wanted: ValueType): void {
    if (isArithmetic(expression)) {
      this.#checkOperand(expression.left, wanted);
      this.#checkOperand(expression.right, wanted);
      return;
    }
    const found = typeOf(expression, (name) => this.typeOfField(name));
    const what = isConstant(expression) ? String(expression.constant) : `the field "${expression}"`;
    if (!NUMBERS.has(found)) {
      throw invalid(`${this.#node} computes with ${what} (${found})`, "Compute with fields that are numbers");
    }
    if ((found === "i64") !== (wanted === "i64")) {
      throw invalid(
        `${this.#node} computes with ${what} (${found}) and with ${wanted} in one expression`,
        "Keep i64 (bigint) apart from other numbers: write its constants as 2n, or use a function",
      );
    }
  }

  checkComparison({ field, comparator, to }: Comparison): void {
    const type = this.typeOfField(field);
    const node = this.#node;
    if (isConstant(to)) {
      checkConstant(node, { name: field, type }, comparator, to.constant);
      return;
    }
    const other = this.checkedType(to);
    const what = typeof to === "string" ? `the field "${to}"` : "what it computes";
    if (!SIMPLE.has(type) || kindOf(type) !== kindOf(other)) {
      throw invalid(
        `${node} compares the field "${field}" (${type}) with ${what} (${other})`,
        "Compare like with like",
      );
    }
    if (type === "bool") refuseOrder(node, field, comparator);
  }
}

/** What may be compared with each other. */
function kindOf(type: ValueType): ValueType {
  return type === "i32" ? "f64" : type;
}

function checkConstant(
  node: string,
  { name, type }: TypedField,
  comparator: Comparison["comparator"],
  constant: Scalar,
): void {
  if (constant === null) {
    if (comparator === "eq" || comparator === "ne") return;
    throw invalid(`${node} orders the field "${name}" against null`, "Use eq or ne");
  }
  if (!comparable(type, constant)) {
    throw invalid(
      `${node} compares the field "${name}" (${type}) with ${typeof constant} ${String(constant)}`,
      "Compare like with like",
    );
  }
  if (type === "bool") refuseOrder(node, name, comparator);
}

function refuseOrder(node: string, field: string, comparator: Comparison["comparator"]): void {
  if (comparator === "eq" || comparator === "ne") return;
  throw invalid(`${node} orders the field "${field}", a boolean`, "Use eq or ne");
}

function comparable(type: ValueType, constant: NonNullable<Scalar>): boolean {
  if (NUMBERS.has(type)) return typeof constant === "number" || typeof constant === "bigint";
  return type === (typeof constant === "boolean" ? "bool" : typeof constant);
}

function invalid(problem: string, remedy: string): PeridotError {
  return new PeridotError("TOPOLOGY_INVALID", { problem, remedy });
}
