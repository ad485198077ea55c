import { PeridotError } from "../errors.ts";

const TEXT_MAX = 80;

/** SERDE_REFUSED: a serde was given a value that it has no bytes for. */
export function refusal(serde: string, value: unknown): PeridotError {
  const hint = value === undefined ? " (a function that returned nothing? Return null for a tombstone)" : "";
  return new PeridotError("SERDE_REFUSED", { serde, problem: `${textOf(value)}${hint}` });
}

function textOf(value: unknown): string {
  if (value === undefined) return "undefined";
  const text = typeof value === "object" ? Object.prototype.toString.call(value) : String(value);
  return `the ${typeof value} ${text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text}`;
}
