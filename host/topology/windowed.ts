/**
 * The key of a windowed result: a key of the stream, and the window in which its records were. Times are milliseconds
 * since the epoch. A time window ends where its `end` is, that moment not included; a session's `end` is the time of its
 * last record.
 */
export class Windowed<K> {
  readonly key: K;
  readonly start: number;
  readonly end: number;

  constructor(key: K, start: number, end: number) {
    this.key = key;
    this.start = start;
    this.end = end;
  }
}
