import assert from "node:assert/strict";
import { test } from "node:test";
import type { ValueSchema } from "../../host/serdes/json/value-schema.ts";
import { type JsonCodec, JsonKernel } from "../serdes/json/json-kernel.ts";
import { SeededRandom } from "../sim/seeded-random.ts";
import { CaseWriter, damaged, randomSchema } from "./json-cases.ts";
import { Misfit, misread, parsed, plain, repeatsNames, written } from "./json-reference.ts";

const COUNT = Number(process.env.FUZZ_COUNT ?? 20_000);
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const PER_SCHEMA = 200;

/** What the reference makes of these bytes: the text to expect, "no JSON", or "misfit" of the schema. */
function expected(schema: ValueSchema, json: Uint8Array): { text: string } | "no JSON" | "misfit" {
  const value = parsed(json);
  if (value === undefined) return "no JSON";
  try {
    return { text: written(schema, value.value) };
  } catch (error) {
    if (error instanceof Misfit) return "misfit";
    throw error;
  }
}

function hasRaw(schema: ValueSchema): boolean {
  if (schema.type === "object") return schema.fields.some((field) => hasRaw(field.value));
  return schema.type === "array" ? hasRaw(schema.element.value) : schema.type === "raw";
}

function checkCase(
  codec: JsonCodec,
  schema: ValueSchema,
  raw: boolean,
  json: Uint8Array,
): "accepted" | "refused" | "misread" {
  const want = expected(schema, json);
  if (want !== "no JSON" && misread(json)) return "misread";
  const decoded = codec.decode(json);
  if ("code" in decoded) {
    assert.ok(decoded.at >= 0 && decoded.at <= json.length, `position ${decoded.at} of ${json.length}`);
    if (typeof want === "object")
      assert.ok(repeatsNames(json), `refused with ${decoded.code} at ${decoded.at}`);
    return "refused";
  }
  const text = codec.encode(decoded.row, decoded.bytes);
  assert.ok(typeof want === "object", `accepted as ${text}, though it is ${want as string}`);
  if (raw)
    assert.equal(plain(parsed(Buffer.from(text))?.value), plain(parsed(Buffer.from(want.text))?.value));
  else assert.equal(text, want.text);
  return "accepted";
}

test(`${COUNT} JSON values and their damaged copies: what JSON.parse and the schema say, the kernel says`, () => {
  const random = new SeededRandom(SEED);
  const kernel = new JsonKernel();
  const outcomes = { accepted: 0, refused: 0, misread: 0 };
  for (let done = 0; done < COUNT; ) {
    const schema = randomSchema(random);
    const raw = hasRaw(schema);
    const codec = kernel.codec(schema);
    const writer = new CaseWriter(random);
    codec.begin();
    for (let index = 0; index < PER_SCHEMA && done < COUNT; index++, done++) {
      const whole = Buffer.from(writer.text(schema));
      const json = random.chance(0.5) ? whole : damaged(whole, random);
      try {
        outcomes[checkCase(codec, schema, raw, json)]++;
      } catch (error) {
        const shown = JSON.stringify(schema);
        throw new Error(`seed ${SEED}, case ${done}: ${JSON.stringify(String(json))} by ${shown}`, {
          cause: error,
        });
      }
    }
    codec.close();
  }
  assert.ok(outcomes.misread <= 1 + COUNT / 10_000, `${outcomes.misread} misread by JSON.parse itself`);
  assert.ok(outcomes.accepted > COUNT / 4, `${outcomes.accepted} accepted`);
  assert.ok(outcomes.refused > COUNT / 10, `${outcomes.refused} refused`);
});
