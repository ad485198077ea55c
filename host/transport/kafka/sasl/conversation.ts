/**
 * One run of a SASL mechanism: the client speaks first, then answers each challenge until the server has said all,
 * which is after the second challenge at the latest.
 */
export interface SaslConversation {
  /** What the client sends first. */
  readonly first: Buffer;
  /** What the client says to a challenge. */
  next(challenge: Buffer): Promise<SaslStep>;
}

export type SaslStep =
  | { readonly kind: "send"; readonly bytes: Buffer }
  | { readonly kind: "done" }
  /** The server refused us, or is not who it claims to be. */
  | { readonly kind: "refuse"; readonly problem: string };

export const DONE: SaslStep = { kind: "done" };
