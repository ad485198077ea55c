/**
 * Java's collections show in Kafka Streams' text: topics and neighbours stand in the order in which a HashSet or a
 * TreeSet gives them out. What follows gives them out in the same order.
 */

/**
 * Strings as a HashSet or HashMap iterates over them: by the low bits of their hash, those that share a bucket in the
 * order in which they were put in. (Eight in a bucket of a large map would become a tree; names never get there.)
 *
 * @param made "grown": element by element, from 16 buckets on. "copied": at once, from another collection, whose
 *   size Java takes for the number of buckets.
 */
export function hashOrder(strings: readonly string[], made: "grown" | "copied"): readonly string[] {
  const last = bucketsOf(strings.length, made) - 1;
  const byBucket = strings.map((string) => ({ string, bucket: spread(javaHash(string)) & last }));
  return byBucket.sort((a, b) => a.bucket - b.bucket).map((each) => each.string);
}

/** A power of two, at most three quarters of it taken. */
function bucketsOf(count: number, made: "grown" | "copied"): number {
  const least = made === "grown" ? count / 0.75 : Math.floor(count / 0.75) + 1;
  let buckets = 16;
  while (buckets < least) buckets *= 2;
  return buckets;
}

/** `String#hashCode`. */
function javaHash(string: string): number {
  let hash = 0;
  for (let at = 0; at < string.length; at++) hash = (Math.imul(hash, 31) + string.charCodeAt(at)) | 0;
  return hash;
}

function spread(hash: number): number {
  return hash ^ (hash >>> 16);
}

/** 0: left, 1: right. */
type Side = 0 | 1;

interface Place<T> {
  readonly item: T;
  red: boolean;
  parent: Place<T> | undefined;
  readonly children: [Place<T> | undefined, Place<T> | undefined];
}

/**
 * `java.util.TreeSet`, as far as adding and iterating go: a red-black tree after Cormen, Leiserson and Rivest. A
 * sorted list would not do: Kafka Streams adds nodes while the sizes by which it compares them still change, so the
 * shape of the tree decides where a node comes to stand.
 */
export class JavaTreeSet<T> implements Iterable<T> {
  readonly #compare: (a: T, b: T) => number;
  #root: Place<T> | undefined;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  /** `item` is not in the set yet. */
  add(item: T): void {
    const place: Place<T> = { item, red: true, parent: undefined, children: [undefined, undefined] };
    let below: Place<T> | undefined = this.#root;
    let side: Side = 0;
    while (below !== undefined) {
      place.parent = below;
      side = this.#compare(item, below.item) < 0 ? 0 : 1;
      below = below.children[side];
    }
    if (place.parent === undefined) this.#root = place;
    else place.parent.children[side] = place;
    this.#rebalance(place);
  }

  *[Symbol.iterator](): Iterator<T> {
    yield* itemsBelow(this.#root);
  }

  #rebalance(added: Place<T>): void {
    let place = added;
    while (place.parent?.red) {
      const grandparent = place.parent.parent!; // a red place is never the root
      const side: Side = grandparent.children[0] === place.parent ? 0 : 1;
      const uncle = grandparent.children[other(side)];
      if (uncle?.red) {
        place.parent.red = false;
        uncle.red = false;
        grandparent.red = true;
        place = grandparent;
        continue;
      }
      if (place === place.parent.children[other(side)]) {
        place = place.parent;
        this.#rotate(place, side);
      }
      place.parent!.red = false;
      grandparent.red = true;
      this.#rotate(grandparent, other(side));
    }
    this.#root!.red = false;
  }

  /** Moves a place down to `side`; its child on the other side takes its stead. */
  #rotate(place: Place<T>, side: Side): void {
    const rising = place.children[other(side)]!;
    const inner = rising.children[side];
    place.children[other(side)] = inner;
    if (inner !== undefined) inner.parent = place;
    rising.parent = place.parent;
    if (place.parent === undefined) this.#root = rising;
    else place.parent.children[place.parent.children[0] === place ? 0 : 1] = rising;
    rising.children[side] = place;
    place.parent = rising;
  }
}

function other(side: Side): Side {
  return side === 0 ? 1 : 0;
}

function* itemsBelow<T>(place: Place<T> | undefined): Generator<T> {
  if (place === undefined) return;
  yield* itemsBelow(place.children[0]);
  yield place.item;
  yield* itemsBelow(place.children[1]);
}
