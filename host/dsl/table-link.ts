import type { SendsOld } from "../topology/change.ts";
import type { ProcessorContext } from "../topology/processor.ts";
import type { StoreSpec } from "../topology/store-spec.ts";
import { computedView, storeView, suppressedView, type TableView } from "../topology/table-view.ts";

/** How a table's node stands to those below it, while the topology is built. */
export interface TableLink {
  readonly sends: SendsOld;
  /** The store that queries may ask; undefined: none. */
  readonly store: string | undefined;
  /**
   * Makes the node forward old values, and all above it that this takes.
   *
   * @param force also if a source must keep a store for it.
   * @returns whether it does now.
   */
  enable(force: boolean): boolean;
  /** How others look up its rows: a source keeps a store for that. */
  view(): TableView;
  /** Its rows may be told out of order: see Change#isLatest. */
  readonly isVersioned: boolean;
  /** How long its versions are kept, in milliseconds; undefined: there are none. */
  readonly historyMs: number | undefined;
  /** Of a table of windows: how long after its end a window closes, in milliseconds of stream time. */
  readonly closeMs: number | undefined;
}

type KeptStore = Pick<StoreSpec, "name" | "kind" | "historyMs">;

/** A node that has a store in any case. */
export function keptLink(
  sends: SendsOld,
  store: string | undefined,
  spec: KeptStore,
  closeMs?: number,
): TableLink {
  return {
    sends,
    store,
    enable: () => {
      sends.old = true;
      return true;
    },
    view: () => storeView(spec),
    isVersioned: spec.kind === "versioned",
    historyMs: spec.historyMs,
    closeMs,
  };
}

/** A source: with a store as soon as somebody must know old values. @param isKept whether it has one now */
export function sourceLink(
  sends: SendsOld,
  store: string | undefined,
  spec: KeptStore,
  isKept: () => boolean,
  keep: () => void,
): TableLink {
  return {
    sends,
    store,
    enable(force) {
      if (!force && !isKept()) return false;
      keep();
      sends.old = true;
      return true;
    },
    view() {
      keep();
      return storeView(spec);
    },
    isVersioned: spec.kind === "versioned",
    historyMs: spec.historyMs,
    closeMs: undefined,
  };
}

/** What a row is made by of another row. */
export interface RowMaking {
  readonly begin: (context: ProcessorContext) => (key: unknown, value: unknown) => unknown;
  /** Stores that it takes. */
  readonly uses: readonly string[];
}

/** A row made of a row: old values come from its own store, or from above. @param spec of its store, if it has one */
export function mappedLink(
  sends: SendsOld,
  spec: StoreSpec | undefined,
  parent: TableLink,
  { begin, uses }: RowMaking,
): TableLink {
  return {
    sends,
    store: spec?.name,
    enable(force) {
      if (spec !== undefined || parent.enable(force)) sends.old = true;
      return sends.old;
    },
    view: () => (spec === undefined ? computedView(parent.view(), uses, begin) : storeView(spec)),
    isVersioned: spec === undefined ? parent.isVersioned : spec.kind === "versioned",
    historyMs: spec === undefined ? parent.historyMs : spec.historyMs,
    closeMs: parent.closeMs,
  };
}

/** A row made of those of two tables, which must both know old values. */
export function joinedLink(
  sends: readonly SendsOld[],
  spec: StoreSpec | undefined,
  sides: readonly [TableLink, TableLink],
  join: (left: TableView, right: TableView) => TableView,
): TableLink {
  return {
    sends: sends[0]!,
    store: spec?.name,
    enable() {
      for (const side of sides) side.enable(true);
      for (const each of sends) each.old = true;
      return true;
    },
    view: () => (spec === undefined ? join(sides[0].view(), sides[1].view()) : storeView(spec)),
    isVersioned: spec?.kind === "versioned",
    historyMs: spec?.historyMs,
    closeMs:
      sides[0].closeMs === undefined || sides[1].closeMs === undefined
        ? undefined
        : Math.max(sides[0].closeMs, sides[1].closeMs),
  };
}

/** Rows that are kept back: until they are told, they are what they were. */
export function suppressedLink(sends: SendsOld, buffer: string, parent: TableLink): TableLink {
  return {
    sends,
    store: undefined,
    enable(force) {
      sends.old = parent.enable(force) || sends.old;
      return sends.old;
    },
    view: () => suppressedView(buffer, parent.view()),
    isVersioned: false,
    historyMs: undefined,
    closeMs: parent.closeMs,
  };
}
