import type { SendsOld } from "../topology/change.ts";

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
}

/** A node that has a store in any case. */
export function keptLink(sends: SendsOld, store: string | undefined): TableLink {
  return {
    sends,
    store,
    enable: () => {
      sends.old = true;
      return true;
    },
  };
}

/** A source: with a store as soon as somebody must know old values. @param isKept whether it has one now */
export function sourceLink(
  sends: SendsOld,
  store: string | undefined,
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
  };
}

/** A row made of a row: old values come from its own store, or from above. */
export function mappedLink(sends: SendsOld, store: string | undefined, parent: TableLink): TableLink {
  return {
    sends,
    store,
    enable(force) {
      if (store !== undefined || parent.enable(force)) sends.old = true;
      return sends.old;
    },
  };
}
