/** What a user function returns instead of a value for a record that it refuses: see `err`. */
export class Err<E = unknown> {
  readonly reason: E;

  constructor(reason: E) {
    this.reason = reason;
    Object.freeze(this);
  }
}

/** A value, or the reason why there is none. */
export type Result<T, E = unknown> = T | Err<E>;

/** What is left of a function's answer when the refusals are gone. */
export type Accepted<R> = Exclude<R, Err>;

/**
 * Refuses a record by value: it goes the way that `onProcessingError` says, as if the function had thrown, without the
 * cost of an exception. A dead letter has the reason in its header `__streams.errors.message`: a text as it is,
 * anything else as JSON.
 *
 * @example
 *   clients.mapValues((client) => (client.Age < 0 ? err("negative age") : client.name))
 */
export function err<const E>(reason: E): Err<E> {
  return new Err(reason);
}
