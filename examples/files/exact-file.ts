import { appendFileSync, existsSync, readFileSync, renameSync, truncateSync, writeFileSync } from "node:fs";

/** How long the file is that holds everything up to here, and which offset each partition goes on with. */
interface Mark {
  readonly bytes: number;
  readonly next: readonly (readonly [partition: number, offset: string])[];
}

/**
 * A file that holds each line once, whatever crashes: beside it lies a mark of what counts. A line that was written
 * without its mark is cut off at the next start, and its record comes again.
 */
export class ExactFile {
  readonly #file: string;
  readonly #next: Map<number, bigint>;
  #bytes: number;

  constructor(file: string) {
    this.#file = file;
    const mark: Mark = existsSync(this.#markFile)
      ? JSON.parse(readFileSync(this.#markFile, "utf8"))
      : { bytes: 0, next: [] };
    this.#bytes = mark.bytes;
    this.#next = new Map(mark.next.map(([partition, offset]) => [partition, BigInt(offset)]));
    if (existsSync(file)) truncateSync(file, mark.bytes);
  }

  /** For `app.exported(…, { from })`. */
  get from(): ReadonlyMap<number, bigint> {
    return this.#next;
  }

  append(line: string, { partition, offset }: { readonly partition: number; readonly offset: bigint }): void {
    appendFileSync(this.#file, `${line}\n`, { flush: true });
    this.#bytes += Buffer.byteLength(line) + 1;
    this.#next.set(partition, offset + 1n);
    const next = [...this.#next].map(([key, value]) => [key, String(value)]);
    writeFileSync(`${this.#markFile}.new`, JSON.stringify({ bytes: this.#bytes, next }), { flush: true });
    renameSync(`${this.#markFile}.new`, this.#markFile); // at once: never half a mark
  }

  get #markFile(): string {
    return `${this.#file}.mark`;
  }
}
