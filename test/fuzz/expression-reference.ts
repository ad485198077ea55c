type Fields = Readonly<Record<string, unknown>>;

const SIGNS: Readonly<Record<string, string>> = {
  add: "+",
  subtract: "-",
  multiply: "*",
  divide: "/",
  remainder: "%",
};

/** The function that a user would write in place of a projection, from its text: nothing of the product's is in it. */
export function functionOf(projection: Fields): (value: Fields | null) => Fields | null {
  const members = Object.entries(projection).map(([name, from]) => `[${text(name)}]: ${sourceOf(from)}`);
  const source = `const lifted = (left, right, combine) => {
  const first = left();
  if (first === null || first === undefined) return null;
  const second = right();
  return second === null || second === undefined ? null : within(combine(first, second));
};
const within = (result) => {
  if (typeof result === "bigint" && BigInt.asIntN(64, result) !== result) throw new RangeError("64 bits");
  return result;
};
const own = (value, name) => (Object.hasOwn(value, name) ? value[name] : undefined);
return (value) => (value === null ? null : { ${members.join(", ")} });`;
  return new Function(source)() as (value: Fields | null) => Fields | null;
}

function sourceOf(from: unknown): string {
  if (typeof from === "string") return `own(value, ${text(from)})`;
  if (typeof from !== "object" || from === null) return literal(from);
  const [name, inner] = Object.entries(from)[0] as [string, unknown];
  if (name === "constant") return literal(inner);
  const operands = (inner as readonly unknown[]).map(sourceOf);
  return operands.reduce(
    (left, right) => `lifted(() => ${left}, () => ${right}, (a, b) => a ${SIGNS[name]} b)`,
  );
}

function literal(value: unknown): string {
  if (typeof value === "string") return text(value);
  if (typeof value === "bigint") return `(${value}n)`;
  return Object.is(value, -0) ? "(-0)" : `(${String(value)})`;
}

function text(value: string): string {
  return JSON.stringify(value).replaceAll("\u2028", "\\u2028");
}
