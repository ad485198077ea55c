import assert from "node:assert/strict";
import { test } from "node:test";
import { barChart } from "../../bench/lib/bar-chart.ts";
import { markdownTable, median, type RunResult, rowsOf } from "../../bench/lib/report.ts";

const run = (contender: string, recordsPerSecond: number, cpuSecondsPerMillion: number): RunResult => ({
  contender,
  recordsPerSecond,
  cpuSecondsPerMillion,
  cpuSecondsPerMillionRunning: cpuSecondsPerMillion / 2,
  rssPeakMiB: recordsPerSecond / 1000,
  brokersCpuSecondsPerMillion: 1,
});

test("a median is the middle, or lies between the two middles", () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([4, 1, 9, 2]), 3);
});

test("contenders are compared by the medians of their runs, with the first one", () => {
  const rows = rowsOf([
    run("ours", 100_000, 1),
    run("theirs", 10_000, 8),
    run("ours", 300_000, 3),
    run("theirs", 30_000, 12),
    run("ours", 200_000, 2),
  ]);
  assert.deepEqual(
    rows.map((row) => [
      row.contender,
      row.runs,
      row.recordsPerSecond,
      row.recordsPerSecondMin,
      row.recordsPerSecondMax,
    ]),
    [
      ["ours", 3, 200_000, 100_000, 300_000],
      ["theirs", 2, 20_000, 10_000, 30_000],
    ],
  );
  assert.deepEqual(
    rows.map(({ slower, dearer, rssPeakMiB }) => [slower, dearer, rssPeakMiB]),
    [
      [1, 1, 300],
      [10, 5, 30],
    ],
  );
});

test("the table has a line for each contender, all of one width", () => {
  const lines = markdownTable(rowsOf([run("ours", 1_234_567, 0.5), run("theirs", 98_765, 10)])).split("\n");
  assert.equal(lines.length, 4);
  assert.equal(new Set(lines.map((line) => line.length)).size, 1);
  assert.match(lines[2]!, /\| ours .*1,234,567 \(1,234,567 to 1,234,567\).* 0\.50 .*1\.0 x/);
  assert.match(lines[3]!, /\| theirs .*98,765 .*12\.5 x .*20\.0 x/);
});

test("the chart's bars are as long as their values, and names are escaped", () => {
  const bar = (name: string, value: number) => ({ name, value, label: `${value}` });
  const svg = barChart("a < b", [{ title: "one", bars: [bar("x & y", 50), bar("z", 100)] }]);
  const widths = [...svg.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));
  assert.equal(widths.length, 2);
  assert.equal(widths[1]! / widths[0]!, 2);
  assert.match(svg, /a &lt; b/);
  assert.match(svg, /x &amp; y/);
});
