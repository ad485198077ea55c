import { PeridotError } from "../../../errors.ts";
import type { FieldRow, MessageTable } from "./table.ts";

/** A message in one version: what stands on the wire, in order, and what this version lacks. */
export interface Plan {
  readonly message: string;
  readonly version: number;
  readonly flexible: boolean;
  /** Every field of the message, in the order of its definition, so that decoded objects have one shape. */
  readonly fields: readonly PlannedField[];
  /** Those among them that are written under a tag, by rising tag. */
  readonly tagged: readonly PlannedField[];
}

export type Place = "plain" | "tagged" | "absent";

export interface PlannedField {
  readonly name: string;
  /** Element type where `array` is true. */
  readonly type: string;
  readonly array: boolean;
  readonly place: Place;
  readonly tag: number;
  readonly nullable: boolean;
  readonly flexible: boolean;
  readonly ignorable: boolean;
  /** undefined: no elements, or a struct of defaults; see `defaultOf`. */
  readonly default: unknown;
  /** The fields of a struct; undefined for other types. */
  readonly struct: Plan | undefined;
}

const NO_BYTES = Buffer.alloc(0);
const ZERO_UUID = "0".repeat(32);
const plans = new Map<MessageTable, Plan[]>();

/** The plan of one version, made once. Errors: MESSAGE_VERSION_UNKNOWN. */
export function planOf(table: MessageTable, version: number): Plan {
  let versions = plans.get(table);
  if (versions === undefined) plans.set(table, (versions = []));
  const known = versions[version];
  if (known !== undefined) return known;
  if (!(version >= table.first && version <= table.last)) {
    const { name: message, first, last } = table;
    throw new PeridotError("MESSAGE_VERSION_UNKNOWN", { message, version, first, last });
  }
  return (versions[version] = planFields(table, version, table.fields));
}

function planFields(table: MessageTable, version: number, rows: readonly FieldRow[]): Plan {
  const flexible = version >= table.flexible;
  const fields = rows.map((row) => planField(table, version, row));
  const tagged = fields.filter((field) => field.place === "tagged").sort((a, b) => a.tag - b.tag);
  return { message: table.name, version, flexible, fields, tagged };
}

function planField(table: MessageTable, version: number, row: FieldRow): PlannedField {
  const [name, type, first, last, facts = {}] = row;
  const array = type.startsWith("[]");
  const element = array ? type.slice(2) : type;
  return {
    name,
    type: element,
    array,
    place: !covers([first, last], version) ? "absent" : covers(facts.tagged, version) ? "tagged" : "plain",
    tag: facts.tag ?? -1,
    nullable: covers(facts.nullable, version),
    flexible: version >= table.flexible && facts.flexible !== false,
    ignorable: facts.ignorable === true,
    default: facts.default !== undefined ? facts.default : array ? undefined : emptyOf(element),
    struct: facts.fields === undefined ? undefined : planFields(table, version, facts.fields),
  };
}

function covers(range: readonly [number, number] | undefined, version: number): boolean {
  return range !== undefined && version >= range[0] && version <= range[1];
}

function emptyOf(type: string): unknown {
  switch (type) {
    case "bool":
      return false;
    case "int64":
      return 0n;
    case "string":
      return "";
    case "uuid":
      return ZERO_UUID;
    case "bytes":
      return NO_BYTES;
    case "records":
      return null;
    case "struct":
      return undefined;
    default:
      return 0;
  }
}

/** The value of a field that is not there; arrays and structs are made anew each time. */
export function defaultOf(field: PlannedField): unknown {
  if (field.default !== undefined) return field.default;
  if (field.array) return [];
  return defaultsOf(field.struct!);
}

function defaultsOf(plan: Plan): Record<string, unknown> {
  const struct: Record<string, unknown> = {};
  for (const field of plan.fields) struct[field.name] = defaultOf(field);
  return struct;
}

/** Whether a value is what its field would have if it were left out. */
export function isDefault(field: PlannedField, value: unknown): boolean {
  if (value === undefined) return true;
  if (value === null) return field.default === null;
  if (field.array) return field.default !== null && (value as readonly unknown[]).length === 0;
  if (field.struct !== undefined) return field.default !== null && isDefaultStruct(field.struct, value);
  if (field.type === "bytes" || field.type === "records")
    return field.default !== null && (value as Buffer).length === 0;
  return value === field.default;
}

function isDefaultStruct(plan: Plan, value: unknown): boolean {
  return plan.fields.every((field) => isDefault(field, (value as Record<string, unknown>)[field.name]));
}
