/** One verified run of one contender. */
export interface RunResult {
  readonly contender: string;
  readonly recordsPerSecond: number;
  /** CPU seconds of the process for a million records, its start included. */
  readonly cpuSecondsPerMillion: number;
  /** The same from its first output on. */
  readonly cpuSecondsPerMillionRunning: number;
  readonly rssPeakMiB: number;
  readonly brokersCpuSecondsPerMillion: number;
}

/** Medians of a contender's runs, and how they compare with the first contender's. */
export interface Row extends RunResult {
  readonly runs: number;
  readonly recordsPerSecondMin: number;
  readonly recordsPerSecondMax: number;
  /** How many times slower than the first contender, by records/s; how many times its CPU. */
  readonly slower: number;
  readonly dearer: number;
}

/** A row for each contender, in the order in which they first ran. */
export function rowsOf(results: readonly RunResult[]): readonly Row[] {
  const names = [...new Set(results.map(({ contender }) => contender))];
  const medians = names.map((contender) => {
    const runs = results.filter((run) => run.contender === contender);
    const of = (pick: (run: RunResult) => number) => median(runs.map(pick));
    return {
      contender,
      runs: runs.length,
      recordsPerSecond: of((run) => run.recordsPerSecond),
      recordsPerSecondMin: Math.min(...runs.map((run) => run.recordsPerSecond)),
      recordsPerSecondMax: Math.max(...runs.map((run) => run.recordsPerSecond)),
      cpuSecondsPerMillion: of((run) => run.cpuSecondsPerMillion),
      cpuSecondsPerMillionRunning: of((run) => run.cpuSecondsPerMillionRunning),
      rssPeakMiB: Math.max(...runs.map((run) => run.rssPeakMiB)),
      brokersCpuSecondsPerMillion: of((run) => run.brokersCpuSecondsPerMillion),
    };
  });
  const first = medians[0];
  return medians.map((row) => ({
    ...row,
    slower: (first?.recordsPerSecond ?? 0) / row.recordsPerSecond,
    dearer: row.cpuSecondsPerMillion / (first?.cpuSecondsPerMillion ?? 1),
  }));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** For the terminal and for the README alike. */
export function markdownTable(rows: readonly Row[]): string {
  const head = [
    "",
    "records/s (least to most)",
    "CPU s per million",
    "of it running",
    "peak RSS MiB",
    "brokers' CPU s",
    "slower",
    "more CPU",
  ];
  const cells = rows.map((row) => [
    row.contender,
    `${thousands(row.recordsPerSecond)} (${thousands(row.recordsPerSecondMin)} to ${thousands(row.recordsPerSecondMax)})`,
    row.cpuSecondsPerMillion.toFixed(2),
    row.cpuSecondsPerMillionRunning.toFixed(2),
    `${Math.round(row.rssPeakMiB)}`,
    row.brokersCpuSecondsPerMillion.toFixed(2),
    `${row.slower.toFixed(1)} x`,
    `${row.dearer.toFixed(1)} x`,
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]!.length)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  return [line(head), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...cells.map(line)].join(
    "\n",
  );
}

export function thousands(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
