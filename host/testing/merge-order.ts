/** What waits in the order, with the time that it is due at. */
export interface Waiting {
  /** Milliseconds; asked for only while something else waits too, and the same until it is taken. */
  readonly dueAt: number;
}

/**
 * Which of several partitions is next: the one with the smallest timestamp. Ties fall as they do in the heap of
 * Kafka Streams' PartitionGroup (java.util.PriorityQueue), so that a test driver takes records in the same order.
 */
export class MergeOrder<W extends Waiting> {
  readonly #heap: W[] = [];

  add(waiting: W): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(waiting);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(waiting, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = waiting;
  }

  /** What `take` would take. */
  get first(): W | undefined {
    return this.#heap[0];
  }

  /** Takes out what is due first; undefined: nothing waits. */
  take(): W | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let index = 0;
    for (let child = 1; child < heap.length; child = 2 * index + 1) {
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return first;
  }

  clear(): void {
    this.#heap.length = 0;
  }
}

function before(left: Waiting, right: Waiting): boolean {
  return left.dueAt < right.dueAt;
}
