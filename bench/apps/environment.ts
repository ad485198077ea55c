/** The environment by which the applications of the benchmarks are steered: see README, "Benchmarks". */

export function setting(name: string): string | undefined {
  const value = process.env[name];
  return value === "" ? undefined : value;
}

export function required(name: string): string {
  const value = setting(name);
  if (value !== undefined) return value;
  console.error(`${name} is not set. Needed are BOOTSTRAP, INPUT and OUTPUT; see README, "Benchmarks"`);
  process.exit(1);
}

export function number(name: string, fallback: number): number {
  const value = setting(name);
  if (value === undefined) return fallback;
  if (/^\d+$/.test(value)) return Number(value);
  console.error(`${name} is "${value}": give a whole number`);
  process.exit(1);
}

/** The first is the default. */
export function oneOf<const Value extends string>(name: string, allowed: readonly Value[]): Value {
  const value = setting(name) ?? allowed[0]!;
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return found;
  console.error(`${name} is "${value}": give ${allowed.join(" or ")}`);
  process.exit(1);
}

export function optional<Name extends string>(
  name: Name,
  value: string | undefined,
): Partial<Record<Name, string>> {
  return value === undefined ? {} : ({ [name]: value } as Partial<Record<Name, string>>);
}
