import { Addresses } from "./addresses.ts";

/** What an independent reading of the main job's output found. All zero but `records`: exact. */
export interface Proof {
  readonly records: number;
  readonly missing: number;
  /** Foreign, doubled or out of order. */
  readonly wrong: number;
}

/**
 * Compares the output, record by record, with what the generator says that the job must have written: of each key the
 * same values in the same order, with names in lower case. Sequences that are equal have no record missing, none
 * doubled and none out of order.
 */
export class Expectation {
  readonly #values = new Map<string, { readonly left: string[]; next: number }>();
  #records = 0;
  #wrong = 0;
  readonly #expected: number;

  constructor(records: number, seed: number) {
    this.#expected = records;
    const addresses = new Addresses(seed);
    for (let i = 0; i < records; i++) {
      const { key, value } = addresses.next();
      const history = this.#values.get(key);
      if (history === undefined) this.#values.set(key, { left: [lowerCaseNames(value)], next: 0 });
      else history.left.push(lowerCaseNames(value));
    }
  }

  /** In the order of each partition. */
  take(key: string, value: string): void {
    this.#records++;
    const history = this.#values.get(key);
    if (history?.left[history.next] === canonical(value)) history.next++;
    else this.#wrong++;
  }

  proof(): Proof {
    let matched = 0;
    for (const { next } of this.#values.values()) matched += next;
    return { records: this.#records, missing: this.#expected - matched, wrong: this.#wrong };
  }
}

function lowerCaseNames(value: string): string {
  const fields = Object.entries(JSON.parse(value) as Record<string, string>);
  return JSON.stringify(Object.fromEntries(fields.map(([name, text]) => [name.toLowerCase(), text])));
}

/** With neither spaces nor needless escapes; the job keeps the order of fields. */
function canonical(value: string): string {
  return JSON.stringify(JSON.parse(value));
}
