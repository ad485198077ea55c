/**
 * Where in a task's input and in the depth-first order of its steps a record was made. Outputs of one topic go out in the
 * order of their positions: by source row; at the fan-outs (flatMap) that both came through, by ordinal; then by place.
 */
export interface Position {
  /** Row of the chunk that it came from. */
  readonly row: number;
  /** Number, in depth-first order, of the step that made it; -1: before the first. */
  readonly place: number;
  /** The fan-outs on its way; undefined: none. */
  readonly path?: Path | undefined;
}

/** Through which fan-outs, the outermost first, and as which of the records made there. */
export interface Path {
  readonly places: readonly number[];
  readonly ordinals: readonly number[];
}

/** A fan-out's place, and one of the records that it has made. */
export type FanOut = readonly [place: number, ordinal: number];

/** A way that goes on through one more fan-out. */
export function through(path: Path | undefined, [place, ordinal]: FanOut): Path {
  const { places, ordinals } = path ?? { places: [], ordinals: [] };
  return { places: [...places, place], ordinals: [...ordinals, ordinal] };
}

/** Negative: `a` comes first. A flat ordinal would not do: behind two branches, f0 g0 f1 g1 is the right order. */
export function comparePositions(a: Position, b: Position): number {
  if (a.row !== b.row) return a.row - b.row;
  if (a.path !== undefined && b.path !== undefined) {
    const common = Math.min(a.path.places.length, b.path.places.length);
    for (let index = 0; index < common && a.path.places[index] === b.path.places[index]; index++) {
      const ordinals = a.path.ordinals[index]! - b.path.ordinals[index]!;
      if (ordinals !== 0) return ordinals;
    }
  }
  return a.place - b.place;
}

/** The ways of many records through the same fan-outs. */
export interface Fan {
  /** By item: the row of the chunk that it came from; never falling. */
  readonly rows: Uint32Array;
  readonly places: readonly number[];
  /** By fan-out, then by item. */
  readonly ordinals: readonly Uint32Array[];
}

export function pathOf({ places, ordinals }: Fan, item: number): Path {
  return { places, ordinals: ordinals.map((each) => each[item]!) };
}
