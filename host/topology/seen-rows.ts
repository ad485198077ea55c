import { EXPRESSION_NODES_MAX } from "../../kernels/abi/limits.ts";
import { type Expression, isArithmetic, sizeOf, substituted, typeOf, type ValueType } from "./expression.ts";
import type { Comparison } from "./operator.ts";
import { type RowComparison, rowComparison } from "./row-comparison.ts";
import type { ProjectedField, RowField } from "./serde.ts";

const COMPARABLE: ReadonlySet<ValueType> = new Set(["string", "i32", "i64", "f64", "bool", "null"]);

/** The source's rows as some node sees them: turns what it declares into terms of the source's row. */
export class SeenRows {
  /** undefined: as they are. */
  readonly projection: readonly ProjectedField[] | undefined;
  /** What of the source's row is the key; undefined: nothing, it is another one. */
  readonly key: Expression | undefined;
  readonly #fields: readonly RowField[];

  constructor(fields: readonly RowField[], projection?: readonly ProjectedField[], key?: Expression) {
    this.#fields = fields;
    this.projection = projection;
    this.key = key;
  }

  /** The same rows behind a new key: this field of theirs, or another one. */
  keyedBy(field: string | undefined): SeenRows {
    const key = field === undefined ? undefined : this.#inSource(field);
    return new SeenRows(this.#fields, this.projection, key);
  }

  /**
   * What a projection of these rows makes of them (the key stays), and which of its expressions may come to nothing.
   *
   * @returns undefined: kernels cannot do it
   */
  projected(
    fields: readonly ProjectedField[],
  ): { readonly rows: SeenRows; readonly checks: readonly Expression[] } | undefined {
    const projection = fields.map(({ name, from }) => ({ name, from: this.#inSource(from) }));
    if (projection.some(({ from }) => isTooLong(from))) return undefined;
    const checks = projection
      .filter((_, index) => this.#mayFail(fields[index]!.from))
      .map(({ from }) => from);
    return { rows: new SeenRows(this.#fields, projection, this.key), checks };
  }

  /** @returns undefined: kernels cannot do them all */
  compared(all: readonly Comparison[]): readonly RowComparison[] | undefined {
    const compared = all.map(({ field, comparator, to }) => {
      const left = this.#inSource(field);
      const right = this.#inSource(to);
      // what fails, fails only for rows for which all comparisons before it hold: a function keeps to that
      if (this.#mayFail(to) || isTooLong(left) || isTooLong(right)) return undefined;
      return rowComparison(left, comparator, right, typeof to === "string", this.#typeOfField);
    });
    return compared.every((each) => each !== undefined) ? compared : undefined;
  }

  /**
   * That the key is not null.
   *
   * @returns undefined: kernels cannot tell
   */
  keyed(): RowComparison | undefined {
    if (this.key === undefined || !COMPARABLE.has(typeOf(this.key, this.#typeOfField))) return undefined;
    return rowComparison(this.key, "ne", { constant: null }, false, this.#typeOfField);
  }

  /** validate() has found that the fields exist. */
  #inSource(expression: Expression): Expression {
    return substituted(
      expression,
      (name) => this.projection?.find((each) => each.name === name)?.from ?? name,
    );
  }

  #mayFail(expression: Expression): boolean {
    return isArithmetic(expression) && typeOf(this.#inSource(expression), this.#typeOfField) === "i64";
  }

  readonly #typeOfField = (name: string): ValueType => {
    return this.#fields.find((each) => each.name === name)?.type ?? "null";
  };
}

function isTooLong(expression: Expression): boolean {
  return sizeOf(expression) > EXPRESSION_NODES_MAX;
}
