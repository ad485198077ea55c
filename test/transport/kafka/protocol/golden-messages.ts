import { readdirSync, readFileSync } from "node:fs";
import { MESSAGES } from "../../../../host/transport/kafka/protocol/generated/tables.ts";
import { type Plan, planOf } from "../../../../host/transport/kafka/protocol/plan.ts";
import type { MessageTable } from "../../../../host/transport/kafka/protocol/table.ts";

/** A case of test/golden/bytes/messages/, made by Kafka's own Java code. */
export interface GoldenMessage {
  readonly api: string;
  readonly kind: "request" | "response" | "data";
  readonly version: number;
  readonly instance: number;
  readonly unknownTags?: boolean;
  readonly json: Json;
  readonly hex: string;
  readonly versionPrefixedHex?: string;
}

export interface GoldenFrame extends GoldenMessage {
  readonly headerVersion: number;
  readonly correlationId: number;
  readonly clientId?: string;
}

type Json = { readonly [name: string]: unknown };

const folder = new URL("../../../golden/bytes/messages/", import.meta.url);

export const goldenFiles = readdirSync(folder).filter((file) => file !== "frames.json");

export function goldenCases<Case = GoldenMessage>(file: string): Case[] {
  return JSON.parse(readFileSync(new URL(file, folder), "utf8")).cases;
}

export function tableOf(golden: GoldenMessage): MessageTable {
  const suffix = golden.kind === "request" ? "Request" : golden.kind === "response" ? "Response" : "";
  return MESSAGES[`${golden.api}${suffix}` as keyof typeof MESSAGES];
}

/** The fixture's JSON as our codec has it: bigints, Buffers, uuids in hex; fields that are not there left out. */
export function bodyOf(golden: GoldenMessage): Record<string, unknown> {
  return structOf(planOf(tableOf(golden), golden.version), golden.json);
}

function structOf(plan: Plan, json: Json): Record<string, unknown> {
  const struct: Record<string, unknown> = {};
  const known = new Set(plan.fields.map((field) => field.name));
  for (const name of Object.keys(json))
    if (!known.has(name)) throw new Error(`${plan.message} has no field ${name}`);
  for (const field of plan.fields) {
    const value = json[field.name];
    if (value === undefined) continue;
    const convert = (element: unknown) => fixtureValue(field.type, field.struct, element);
    struct[field.name] = field.array && value !== null ? (value as unknown[]).map(convert) : convert(value);
  }
  return struct;
}

function fixtureValue(type: string, struct: Plan | undefined, value: unknown): unknown {
  if (value === null) return null;
  if (struct !== undefined) return structOf(struct, value as Json);
  if (type === "int64") return BigInt(value as string);
  if (type === "uuid") return Buffer.from(value as string, "base64url").toString("hex");
  if (type === "bytes" || type === "records") return Buffer.from(value as string, "hex");
  return value;
}
