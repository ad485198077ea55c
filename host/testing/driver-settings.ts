import { BATCH_ROWS_MAX } from "../../kernels/abi/limits.ts";
import { PeridotError } from "../errors.ts";
import type { ErrorSettings } from "../topology/error-settings.ts";

/** How a topology is tested. What is left out is taken from the application, if that is what is tested. */
export interface TopologyTestDriverSettings {
  /** Stands before the names of internal topics. Default "test". */
  readonly applicationId?: string;
  /** What becomes of bad records; default: fail. */
  readonly errors?: Partial<ErrorSettings>;
  /** Where the wall clock stands at the beginning, in milliseconds since the epoch. Default 0. */
  readonly startTime?: number;
  /** Partitions of topics, by topic; default 1, of internal topics as many as the topics that feed them. */
  readonly partitions?: Readonly<Record<string, number>>;
  /** Records that run as one batch, at most: `pipeAll` feeds so many at once. Default 1. */
  readonly batchRows?: number;
  /** As the application's option. Default: that of the application, and with `batchRows` 1 true, as in Kafka Streams. */
  readonly strictOrder?: boolean;
  /** As the application's option. Default 0: no record cache keeps anything back. */
  readonly cacheMaxBytes?: number;
  /** As the application's option. Default 0: windows that have closed are looked for with each record. */
  readonly emitIntervalMs?: number;
}

const SETTINGS = {
  applicationId: true,
  errors: true,
  startTime: true,
  partitions: true,
  batchRows: true,
  strictOrder: true,
  cacheMaxBytes: true,
  emitIntervalMs: true,
} as const satisfies Record<keyof TopologyTestDriverSettings, true>;

/** @throws CONFIG_INVALID: there is no such setting */
export function refuseUnknown(settings: TopologyTestDriverSettings): void {
  const option = Object.keys(settings).find((name) => !Object.hasOwn(SETTINGS, name));
  if (option === undefined) return;
  const remedy = `Correct its name or leave it out: there are ${Object.keys(SETTINGS).join(", ")}`;
  throw new PeridotError("CONFIG_INVALID", {
    option,
    problem: "is not a setting of the test driver",
    remedy,
  });
}

/** @throws CONFIG_INVALID */
export function checkedRows(rows: number): number {
  if (Number.isInteger(rows) && rows >= 1 && rows <= BATCH_ROWS_MAX) return rows;
  throw new PeridotError("CONFIG_INVALID", {
    option: "batchRows",
    problem: `is ${rows}`,
    remedy: `Give a whole number from 1 to ${BATCH_ROWS_MAX}`,
  });
}
