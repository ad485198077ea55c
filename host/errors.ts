/**
 * The one table of errors that the host raises. `kind` says what follows:
 *
 *   record     one record is bad: dead letter, skip or fail, by configuration
 *   retriable  the same call may succeed later, nothing has happened yet
 *   abortable  the transaction must be aborted, then its input is read again
 *   fatal      the application (or this producer, this member) cannot go on
 *   unknown    a transactional request whose outcome nobody knows: settle it before anything else
 *
 * `says` names what was wrong and what to do; {names} are replaced by the error's facts.
 * What a kernel reports (codes in kernels/abi/errors.ts) becomes a `record` error of this table.
 */
export type ErrorKind = "record" | "retriable" | "abortable" | "fatal" | "unknown";

interface ErrorRow {
  readonly kind: ErrorKind;
  readonly says: string;
}

export const ERRORS = {
  ASSERTION_FAILED: { kind: "fatal", says: "assertion failed: {what}. This is a defect of Peridot: please report it" },
  CONFIG_INVALID: { kind: "fatal", says: "configuration: {option} {problem}. {remedy}" },
  TOPOLOGY_INVALID: { kind: "fatal", says: "topology: {problem}. {remedy}" },
} as const satisfies Record<string, ErrorRow>;

export type ErrorName = keyof typeof ERRORS;
export type ErrorFacts = Readonly<Record<string, unknown>>;

/** Every error that Peridot raises. `code` is a name of the table above; `facts` holds what filled its text. */
export class PeridotError extends Error {
  override readonly name = "PeridotError";
  readonly code: ErrorName;
  readonly kind: ErrorKind;
  readonly facts: ErrorFacts;

  constructor(code: ErrorName, facts: ErrorFacts = {}, cause?: unknown) {
    super(textOf(code, facts), cause === undefined ? undefined : { cause });
    this.code = code;
    this.kind = ERRORS[code].kind;
    this.facts = facts;
  }
}

function textOf(code: ErrorName, facts: ErrorFacts): string {
  return ERRORS[code].says.replace(/\{(\w+)\}/g, (whole, name: string) =>
    name in facts ? String(facts[name]) : whole,
  );
}
