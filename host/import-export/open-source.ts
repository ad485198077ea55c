import type { Clock } from "../clock.ts";
import { PeridotError } from "../errors.ts";
import type { Import } from "../topology/imported.ts";

/** What a source says when it is asked for its next item. */
export type Taken =
  | { readonly got: "item"; readonly item: unknown }
  | { readonly got: "end" }
  | { readonly got: "failure"; readonly error: unknown };

/** How long a source that is being closed may take to end what it waits for. */
const CLOSE_WAIT_MS = 1_000;

/** A user's source from one opening to its end. Items are taken one at a time. */
export class OpenSource {
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  readonly #opened: Promise<Iterator<unknown> | AsyncIterator<unknown>>;
  #iterator: Iterator<unknown> | AsyncIterator<unknown> | undefined;
  #isOver = false;

  /** @param position JSON; "": from the start. */
  constructor(imported: Import, position: string, clock: Clock) {
    this.#clock = clock;
    this.#opened = open(imported, position, this.#abort.signal);
    this.#opened.catch(() => {}); // told by the first take
  }

  /** Never rejects. */
  async take(): Promise<Taken> {
    try {
      this.#iterator ??= await this.#opened;
      const { done, value } = await this.#iterator.next();
      if (!done) return { got: "item", item: value instanceof Promise ? await value : value };
      this.#isOver = true;
      return { got: "end" };
    } catch (error) {
      this.#isOver = true;
      return { got: "failure", error };
    }
  }

  /**
   * Ends the source as leaving a loop would: `return()`, after the signal. What it throws now concerns nobody. A
   * source that goes on waiting is not waited for.
   */
  async close(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#abort.abort();
    await new Promise<void>((resolve) => {
      const timer = this.#clock.timer(CLOSE_WAIT_MS, resolve);
      const closed = () => {
        timer.cancel();
        resolve();
      };
      this.#return().then(closed, closed);
    });
  }

  async #return(): Promise<void> {
    const iterator = await this.#opened;
    await iterator.return?.();
  }
}

async function open(
  { source, name }: Import,
  position: string,
  signal: AbortSignal,
): Promise<Iterator<unknown> | AsyncIterator<unknown>> {
  const from = position === "" ? undefined : JSON.parse(position);
  const items: unknown = await source(from as never, { signal });
  if (typeof items === "object" && items !== null) {
    if (Symbol.asyncIterator in items) return (items as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    if (Symbol.iterator in items) return (items as Iterable<unknown>)[Symbol.iterator]();
  }
  throw new PeridotError("IMPORT_SOURCE_INVALID", { name, what: items === null ? "null" : typeof items });
}
