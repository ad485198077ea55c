import type { FetchedRecords } from "../port.ts";

/** What is fetched and waits for `poll`, and how many bytes of it, or handed out by it, are not released yet. */
export class FetchBuffer {
  readonly #onRelease: () => void;
  #waiting: FetchedRecords[] = [];
  #heldBytes = 0;

  /** `onRelease`: called whenever bytes came back. */
  constructor(onRelease: () => void) {
    this.#onRelease = onRelease;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** `giveBack`: called once, when these records are released. */
  put(fetched: Omit<FetchedRecords, "release">, giveBack: () => void): void {
    const bytes = fetched.records.length;
    let released = false;
    this.#heldBytes += bytes;
    const release = () => {
      if (released) return;
      released = true;
      this.#heldBytes -= bytes;
      giveBack();
      this.#onRelease();
    };
    this.#waiting.push({ ...fetched, release });
  }

  /** The oldest, up to `bytesMax`, one at least. */
  take(bytesMax: number): readonly FetchedRecords[] {
    let count = 0;
    for (let bytes = 0; count < this.#waiting.length; count++) {
      bytes += this.#waiting[count]!.records.length;
      if (count > 0 && bytes > bytesMax) break;
    }
    return this.#waiting.splice(0, count);
  }

  /** Releases what waits for no one. */
  drop(isUnwanted: (fetched: FetchedRecords) => boolean): void {
    const unwanted = this.#waiting.filter(isUnwanted);
    this.#waiting = this.#waiting.filter((fetched) => !unwanted.includes(fetched));
    for (const fetched of unwanted) fetched.release();
  }
}

/** Calls `release` once the last of those who share something has called what `share` gave him. */
export class SharedRelease {
  readonly #release: () => void;
  #holders = 1;

  /** The maker is the first holder: he calls `done` when he has shared it with all. */
  constructor(release: () => void) {
    this.#release = release;
  }

  share(): () => void {
    this.#holders++;
    return () => this.done();
  }

  done(): void {
    if (--this.#holders === 0) this.#release();
  }
}
