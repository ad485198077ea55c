import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../sim/seeded-random.ts";
import { JsonKernel } from "./json-kernel.ts";

const kernel = new JsonKernel();
const double = kernel.codec({ type: "f64" });

/** What JSON.parse and JSON.stringify make of a number. */
function assertAsJavaScript(text: string): void {
  assert.equal(double.roundTrip(text), JSON.stringify(JSON.parse(text)), text);
}

test("numbers at the edges are read and printed as JavaScript does", () => {
  const edges = [
    "0",
    "-0",
    "0.0",
    "-0.0e5",
    "5e-324",
    "4.9e-324",
    "2.4703282292062327e-324",
    "2.4703282292062328e-324",
    "1e-400",
    "2.2250738585072014e-308",
    "2.2250738585072011e-308",
    "1.7976931348623157e308",
    "1.7976931348623158e308",
    "1.7976931348623159e308",
    "1e308",
    "1e309",
    "-1e309",
    "9007199254740991",
    "9007199254740992",
    "9007199254740993",
    "9007199254740993.0000000000000000000000000000000000001",
    "9007199254740994.9999999999999999999999999999999999",
    "123456789012345678901234567890",
    "1e21",
    "1e20",
    "999999999999999900000",
    "1.5e21",
    "1e-6",
    "1e-7",
    "0.000001234",
    "1.234e-7",
    "0.1",
    "0.2",
    "0.30000000000000004",
    "4.35",
    "1e23",
    "9.5e22",
    "8.41e21",
    "100000000000000000000",
    "4.4501477170144023e-308",
    "1.0000000000000000000000000000000",
    "10000000000000000000000000000000e-31",
    `0.${"0".repeat(400)}1e400`,
    `1${"0".repeat(400)}e-400`,
    `${"9".repeat(900)}e-890`,
    `0.${"3".repeat(900)}`,
    // half way between two neighbours, exactly, a little above and a little below
    "9007199254740993",
    `9007199254740993.${"0".repeat(800)}1`,
    `9007199254740992.${"9".repeat(800)}`,
    "2.47032822920623272088284396434110686182e-324",
    `2.4703282292062327208828439643411068618252990130716238221279284125033775363510437593264991818081799618989828234772285886546332835517796989819938739800539093906315035659515570226392290858392449105184435931802849936536152500319370457678249219365623669863658480757001585769269903706311928279558551332927834338409351978015531246597263579574622766465272827220056374006485499977096599470454020828166226237857393450736339007967761930577506740176324673600968951340535537458516661134223766405${"0".repeat(100)}1e-324`,
  ];
  edges.forEach(assertAsJavaScript);
});

test("200,000 numbers of random bits, and random decimals, go through unchanged", () => {
  const random = new SeededRandom(11);
  const bits = new DataView(new ArrayBuffer(8));
  for (let count = 0; count < 100_000; count++) {
    bits.setUint32(0, random.whole(0, 2 ** 32 - 1));
    bits.setUint32(4, random.whole(0, 2 ** 32 - 1));
    const number = bits.getFloat64(0);
    if (Number.isFinite(number)) assertAsJavaScript(JSON.stringify(number));
    const digits =
      String(random.whole(0, 2 ** 53 - 1)) + (random.chance(0.5) ? random.whole(0, 2 ** 53 - 1) : "");
    assertAsJavaScript(`${digits}e${random.whole(-360, 320)}`);
  }
});

test("powers of two and their neighbours, where intervals are uneven", () => {
  const bits = new DataView(new ArrayBuffer(8));
  for (let exponent = 0; exponent < 2047; exponent++) {
    for (const step of [-1n, 0n, 1n]) {
      bits.setBigUint64(0, (BigInt(exponent) << 52n) + step);
      const number = Math.abs(bits.getFloat64(0));
      if (Number.isFinite(number)) assertAsJavaScript(JSON.stringify(number));
    }
  }
});

test("integers are exact to the last bit, and refused beyond", () => {
  const long = kernel.codec({ type: "i64" });
  const whole = (text: string) => long.roundTrip(text);
  for (const text of ["9223372036854775807", "-9223372036854775808", "0", "-1", "9007199254740993"]) {
    assert.equal(whole(text), text);
  }
  assert.equal(whole("1.0"), "1");
  assert.equal(whole("12.50e1"), "125");
  assert.equal(whole("-0"), "0");
  assert.equal(whole("10000000000000000000000e-10"), "1000000000000");
  for (const text of [
    "9223372036854775808",
    "-9223372036854775809",
    "1.5",
    "1e19",
    "1e-1",
    "1e400",
    "99999999999999999999",
    "-92233720368547758080",
    "10000000000000000000000",
  ]) {
    assert.deepEqual(whole(text), { code: 307, at: 0 }, text);
  }
  const int = kernel.codec({ type: "i32" });
  assert.equal(int.roundTrip("-2147483648"), "-2147483648");
  assert.deepEqual(int.roundTrip("2147483648"), { code: 307, at: 0 });
});
