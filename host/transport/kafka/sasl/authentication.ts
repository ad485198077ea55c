import { randomBytes } from "node:crypto";
import type { Clock } from "../../../clock.ts";
import { PeridotError } from "../../../errors.ts";
import type { Ask, Authenticate } from "../connection.ts";
import { codeOf, kafkaErrorName } from "../protocol/error-codes.ts";
import type { SaslConversation } from "./conversation.ts";
import { type OAuthToken, oauthBearer } from "./oauth-bearer.ts";
import { plain } from "./plain.ts";
import { scram } from "./scram.ts";

/** How to prove who we are, by mechanism. */
export type SaslSettings =
  | {
      readonly mechanism: "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512";
      readonly username: string;
      readonly password: string;
    }
  | {
      readonly mechanism: "OAUTHBEARER";
      /** Gives the token; asked at each connection, and again before the broker ends a session. */
      readonly token: () => Promise<OAuthToken>;
    };

export interface AuthenticationSettings {
  readonly broker: string;
  readonly clock: Clock;
  /** For the token's provider. */
  readonly timeoutMs: number;
  /** A nonce for SCRAM: printable, without commas, at least 18 random bytes. */
  readonly nonce?: () => string;
}

const NONCE_BYTES = 24;

/**
 * SaslHandshake, then the mechanism's messages in SaslAuthenticate (KIP-152).
 * Errors: AUTHENTICATION_FAILED; HANDSHAKE_FAILED (retriable) where the provider gave no token; CONFIG_INVALID.
 */
export function authentication(sasl: SaslSettings, settings: AuthenticationSettings): Authenticate {
  const failed = (problem: string, remedy: string) =>
    new PeridotError("AUTHENTICATION_FAILED", {
      broker: settings.broker,
      mechanism: sasl.mechanism,
      problem,
      remedy,
    });
  return async (ask) => {
    const { errorCode, mechanisms } = await ask("SaslHandshake", { mechanism: sasl.mechanism });
    if (errorCode === codeOf("UNSUPPORTED_SASL_MECHANISM"))
      throw failed(
        `it speaks ${mechanisms.join(", ") || "no mechanism"}`,
        "Set sasl.mechanism to one of these",
      );
    if (errorCode !== 0)
      throw failed(
        kafkaErrorName(errorCode),
        "Check that this port is a SASL listener; for one without, leave sasl out",
      );
    return converse(ask, await conversationOf(sasl, settings), failed);
  };
}

async function converse(
  ask: Ask,
  conversation: SaslConversation,
  failed: (problem: string, remedy: string) => PeridotError,
): Promise<number> {
  let bytes = conversation.first;
  for (;;) {
    const answer = await ask("SaslAuthenticate", { authBytes: bytes });
    if (answer.errorCode !== 0)
      throw failed(answer.errorMessage ?? kafkaErrorName(answer.errorCode), CREDENTIALS);
    const step = await conversation.next(answer.authBytes);
    if (step.kind === "done") return Number(answer.sessionLifetimeMs);
    if (step.kind === "refuse") throw failed(step.problem, CREDENTIALS);
    bytes = step.bytes;
  }
}

const CREDENTIALS =
  "Check user name and password (or the token) in sasl, and that the broker knows them for this mechanism";

async function conversationOf(
  sasl: SaslSettings,
  settings: AuthenticationSettings,
): Promise<SaslConversation> {
  switch (sasl.mechanism) {
    case "PLAIN":
      return plain(sasl.username, sasl.password);
    case "SCRAM-SHA-256":
    case "SCRAM-SHA-512": {
      const hash = sasl.mechanism === "SCRAM-SHA-256" ? "sha256" : "sha512";
      const nonce = settings.nonce ?? (() => randomBytes(NONCE_BYTES).toString("base64url"));
      return scram({ hash, username: sasl.username, password: sasl.password, nonce: nonce() });
    }
    case "OAUTHBEARER":
      return oauthBearer(await tokenInTime(sasl.token, settings));
  }
}

function tokenInTime(
  token: () => Promise<OAuthToken>,
  { broker, clock, timeoutMs }: AuthenticationSettings,
): Promise<OAuthToken> {
  const remedy = "Check the token provider given as sasl.token";
  return new Promise((resolve, reject) => {
    const fail = (problem: string, cause?: unknown) =>
      reject(new PeridotError("HANDSHAKE_FAILED", { broker, problem, remedy }, cause));
    const timer = clock.timer(timeoutMs, () => fail(`no token came within ${timeoutMs} ms`));
    token().then(
      (value) => {
        timer.cancel();
        resolve(value);
      },
      (cause) => {
        timer.cancel();
        fail(`no token came: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
      },
    );
  });
}
