import { PeridotError } from "../errors.ts";
import { type Suppression, suppress } from "../operators/suppress.ts";
import type { NodeId } from "../topology/node.ts";
import type { AnySerde } from "../topology/serde.ts";
import type { JoinableTable } from "./joined-tables.ts";
import type { Named } from "./produced.ts";
import { specOf } from "./stores.ts";
import { suppressedLink, type TableLink } from "./table-link.ts";

/** How much may be kept back. Default: as much as comes. */
export interface BufferLimits extends Named {
  readonly maxRecords?: number;
  /** Of keys, values, topics and headers, as Kafka Streams counts them. */
  readonly maxBytes?: number;
  /** Configuration of the changelog topic; false: there is none, and what is kept back is lost with the process. */
  readonly logging?: false | Readonly<Record<string, string>>;
}

/** What `suppress` takes. */
export interface Suppressed {
  /** undefined: as long as the windows of the table are open. */
  readonly waitMs: number | undefined;
  readonly limits: Omit<Suppression, "waitMs" | "since">;
  readonly name: string | undefined;
  readonly logging: false | Readonly<Record<string, string>>;
}

/**
 * Only the last result of each window is told, once the window has closed. A buffer that is full stops the application:
 * to tell early would not be to tell once.
 */
export function untilWindowCloses(limits: BufferLimits = {}): Suppressed {
  return suppressed(undefined, { ...limits, whenFull: "shut-down" });
}

/**
 * Each key's changes are told at most once in so much stream time, beginning with its first: the last one.
 *
 * @param whenFull of a buffer that is full the oldest change is told early (the default), or the application stops.
 */
export function untilTimeLimit(
  waitMs: number,
  limits: BufferLimits & { readonly whenFull?: Suppression["whenFull"] } = {},
): Suppressed {
  if (!(Number.isSafeInteger(waitMs) && waitMs >= 0))
    throw misuse(`a suppression for ${waitMs} ms`, "Give whole milliseconds from 0 on");
  return suppressed(waitMs, { whenFull: "emit-early", ...limits });
}

/** KTable#suppress. */
export function suppressedTable(
  { log, node, link, key, value }: JoinableTable & { readonly value: AnySerde | undefined },
  { waitMs, limits, name, logging }: Suppressed,
): { readonly node: NodeId; readonly link: TableLink } {
  if (link.isVersioned)
    throw misuse(
      "a suppression of a table that keeps versions",
      "Leave its historyMs out, or the suppression",
    );
  if (waitMs === undefined && link.closeMs === undefined)
    throw misuse(
      "a suppression until windows close, of a table without windows",
      "Aggregate over windows (windowedBy) before it, or use untilTimeLimit",
    );
  const given = log.nameFor(ROLE, name);
  const store = name === undefined ? log.newStoreName(ROLE) : `${name}-store`;
  if (key === undefined || value === undefined)
    throw misuse(
      `no serde for the ${key === undefined ? "key" : "value"}s of the buffer "${store}": a function has made them`,
      "Give one: suppress(…, { key: …, value: … })",
    );
  link.enable(true);
  log.addStore(specOf("suppress-buffer", { name: store, key, value, logging }));
  const sends = { old: false };
  const timing =
    waitMs === undefined
      ? ({ waitMs: link.closeMs!, since: "window-end" } as const)
      : ({ waitMs, since: "first-change" } as const);
  const operator = suppress(ROLE, store, sends, { ...timing, ...limits });
  const made = log.appendLate([node], given, () => ({ operator, store: undefined }));
  return { node: made, link: suppressedLink(sends, store, link) };
}

const ROLE = "KTABLE-SUPPRESS";

function suppressed(
  waitMs: number | undefined,
  given: BufferLimits & { readonly whenFull: Suppression["whenFull"] },
): Suppressed {
  const { maxRecords, maxBytes, whenFull, name, logging = {} } = given;
  for (const [option, value] of Object.entries({ maxRecords, maxBytes })) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0))
      throw misuse(
        `a suppression with ${option}: ${value}`,
        "Give a whole number from 0 on, or leave it out",
      );
  }
  const limits = {
    recordsMax: maxRecords ?? Number.POSITIVE_INFINITY,
    bytesMax: maxBytes ?? Number.POSITIVE_INFINITY,
    whenFull,
  };
  return Object.freeze({ waitMs, limits, name, logging });
}

function misuse(problem: string, remedy: string): PeridotError {
  return new PeridotError("TOPOLOGY_INVALID", { problem, remedy });
}
