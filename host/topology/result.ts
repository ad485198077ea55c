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

const PROMISED =
  "a promise: functions are called for one record after the other, and what they return is its value. Wait for what they need beforehand";

/**
 * The refusal in what a user function has returned; undefined: it is a value. A promise is refused too: it would be
 * written as an empty object, and be true as a predicate.
 */
export function refusalIn(answer: unknown): Err | undefined {
  if (typeof answer !== "object" || answer === null) return undefined;
  if (answer instanceof Err) return answer;
  if (!(answer instanceof Promise)) return undefined;
  answer.catch(() => {}); // its record is a bad one already
  return new Err(PROMISED);
}

/** A user function's answer. @throws the refusal, if it is one */
export function accepted(answer: unknown): unknown {
  const refusal = refusalIn(answer);
  if (refusal !== undefined) throw refusal;
  return answer;
}

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
