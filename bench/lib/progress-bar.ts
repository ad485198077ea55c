const WIDTH = 40;

/**
 * A bar that grows with `show`, on a terminal; elsewhere one line for each tenth, so that a log stays short.
 * `total` and what is shown are of one unit, which the caller's words name.
 */
export class ProgressBar {
  readonly #total: number;
  readonly #out: NodeJS.WriteStream;
  #tenths = 0;

  constructor(total: number, out: NodeJS.WriteStream = process.stdout) {
    this.#total = total;
    this.#out = out;
  }

  show(done: number, words: string): void {
    const share = Math.min(1, done / this.#total);
    if (this.#out.isTTY) {
      const filled = Math.round(share * WIDTH);
      this.#out.write(
        `\r[${"█".repeat(filled)}${" ".repeat(WIDTH - filled)}] ${Math.floor(share * 100)} % ${words} `,
      );
      return;
    }
    const tenths = Math.floor(share * 10);
    if (tenths > this.#tenths) this.#out.write(`${tenths * 10} % ${words}\n`);
    this.#tenths = tenths;
  }

  end(): void {
    if (this.#out.isTTY) this.#out.write("\n");
  }
}
