import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from "node:crypto";
import type { Clock } from "../../clock.ts";
import type { ResponseToSend } from "../kafka/protocol/api.ts";
import type { SaslExchange } from "./request-call.ts";
import { CODE } from "./response-codes.ts";

const ITERATIONS = 4096;
const SCRAM_HASHES: Readonly<Record<string, string>> = {
  "SCRAM-SHA-256": "sha256",
  "SCRAM-SHA-512": "sha512",
};
const AUTH_BEARER = "auth=Bearer ";
const OAUTHBEARER = "OAUTHBEARER";
const MECHANISMS = ["PLAIN", ...Object.keys(SCRAM_HASHES)];

/** Who may connect, and for how long. */
export interface SaslListenerSettings {
  /** Passwords by user name. */
  readonly users: Readonly<Record<string, string>>;
  /** Bearer tokens that are good, for OAUTHBEARER; absent: without this mechanism. */
  readonly tokens?: readonly string[];
  /** Default: PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512, and OAUTHBEARER where there are tokens. */
  readonly mechanisms?: readonly string[];
  /** connections.max.reauth.ms; default 0: a session lasts as long as its connection. */
  readonly sessionLifetimeMs?: number;
}

/** "next": the client is to go on; undefined: it is refused. */
type Verdict = { readonly kind: "next" | "done"; readonly bytes: Buffer } | undefined;
type Conversation = (message: Buffer) => Verdict;

/**
 * The broker's side of SaslHandshake and SaslAuthenticate on one connection (Kafka: SaslServerAuthenticator,
 * PlainSaslServer, ScramSaslServer).
 */
export class SaslSession implements SaslExchange {
  readonly #settings: SaslListenerSettings;
  readonly #clock: Clock;
  readonly #nonce: () => string;
  #conversation: Conversation | undefined;
  #mechanism = "";
  #validUntilMs: number | undefined;
  hasFailed = false;

  constructor(settings: SaslListenerSettings, clock: Clock, nonce: () => string) {
    this.#settings = settings;
    this.#clock = clock;
    this.#nonce = nonce;
  }

  get isDone(): boolean {
    return this.#validUntilMs !== undefined && this.#clock.now() < this.#validUntilMs;
  }

  handshake(mechanism: string): ResponseToSend<"SaslHandshake"> {
    const bearer = this.#settings.tokens === undefined ? [] : [OAUTHBEARER];
    const mechanisms = [...(this.#settings.mechanisms ?? MECHANISMS), ...bearer];
    if (!mechanisms.includes(mechanism)) {
      this.hasFailed = true;
      return { errorCode: CODE.UNSUPPORTED_SASL_MECHANISM, mechanisms };
    }
    this.#mechanism = mechanism;
    this.#conversation = this.#begin(mechanism);
    return { errorCode: CODE.NONE, mechanisms };
  }

  step(authBytes: Buffer): ResponseToSend<"SaslAuthenticate"> {
    if (this.#conversation === undefined) {
      this.hasFailed = true;
      const errorMessage = "SaslAuthenticate without a handshake before it";
      return { errorCode: CODE.ILLEGAL_SASL_STATE, errorMessage, authBytes: Buffer.alloc(0) };
    }
    const verdict = this.#conversation(authBytes);
    if (verdict === undefined) {
      this.hasFailed = true;
      const errorMessage = `Authentication failed due to invalid credentials with SASL mechanism ${this.#mechanism}`;
      return { errorCode: CODE.SASL_AUTHENTICATION_FAILED, errorMessage, authBytes: Buffer.alloc(0) };
    }
    const lifetimeMs = this.#settings.sessionLifetimeMs ?? 0;
    if (verdict.kind === "done") {
      this.#conversation = undefined;
      this.#validUntilMs = lifetimeMs === 0 ? Number.POSITIVE_INFINITY : this.#clock.now() + lifetimeMs;
    }
    const sessionLifetimeMs = BigInt(verdict.kind === "done" ? lifetimeMs : 0);
    return { errorCode: CODE.NONE, errorMessage: null, authBytes: verdict.bytes, sessionLifetimeMs };
  }

  #begin(mechanism: string): Conversation {
    const { users, tokens = [] } = this.#settings;
    if (mechanism === OAUTHBEARER) return bearerConversation(tokens);
    const hash = SCRAM_HASHES[mechanism];
    return hash === undefined ? plainConversation(users) : scramConversation(users, hash, this.#nonce);
  }
}

/** RFC 4616: authorization id, NUL, user, NUL, password. */
function plainConversation(users: Readonly<Record<string, string>>): Conversation {
  return (message) => {
    const [authorizationId, user = "", password] = message.toString("utf8").split("\0");
    const isAllowed = authorizationId === "" || authorizationId === user;
    const isKnown = password !== undefined && Object.hasOwn(users, user) && users[user] === password;
    return isAllowed && isKnown ? { kind: "done", bytes: Buffer.alloc(0) } : undefined;
  };
}

/** RFC 7628, without its round of explaining a refusal. */
function bearerConversation(tokens: readonly string[]): Conversation {
  return (message) => {
    const token = message
      .toString("utf8")
      .split("\x01")
      .find((pair) => pair.startsWith(AUTH_BEARER));
    const isKnown = token !== undefined && tokens.includes(token.slice(AUTH_BEARER.length));
    return isKnown ? { kind: "done", bytes: Buffer.alloc(0) } : undefined;
  };
}

/** RFC 5802, the server's side: challenge, then proof against proof. */
function scramConversation(
  users: Readonly<Record<string, string>>,
  hash: string,
  nonce: () => string,
): Conversation {
  let expected: { readonly password: string; readonly start: string; readonly nonce: string } | undefined;
  const salt = Buffer.from(nonce(), "hex");
  const challenge = (message: string): Verdict => {
    const [, bare, name, clientNonce] = /^n,,(n=([^,]+),r=([^,]+))/.exec(message) ?? [];
    const user = name?.replaceAll("=2C", ",").replaceAll("=3D", "=") ?? "";
    if (bare === undefined || !Object.hasOwn(users, user)) return undefined;
    const both = `${clientNonce}${nonce()}`;
    const serverFirst = `r=${both},s=${salt.toString("base64")},i=${ITERATIONS}`;
    expected = { password: users[user]!, start: `${bare},${serverFirst}`, nonce: both };
    return { kind: "next", bytes: Buffer.from(serverFirst) };
  };
  return (message) => {
    const text = message.toString("utf8");
    if (expected === undefined) return challenge(text);
    const [, withoutProof, theirNonce, proof] = /^(c=biws,r=([^,]+)),p=(.+)$/.exec(text) ?? [];
    if (withoutProof === undefined || theirNonce !== expected.nonce) return undefined;
    const salted = pbkdf2Sync(expected.password, salt, ITERATIONS, createHash(hash).digest().length, hash);
    const signed = `${expected.start},${withoutProof}`;
    const storedKey = createHash(hash)
      .update(hmac(hash, salted, "Client Key"))
      .digest();
    const signature = hmac(hash, storedKey, signed);
    const given = Buffer.from(proof!, "base64");
    if (given.length !== signature.length) return undefined;
    const clientKey = Buffer.from(given.map((byte, at) => byte ^ signature[at]!));
    if (!timingSafeEqual(createHash(hash).update(clientKey).digest(), storedKey)) return undefined;
    const serverSignature = hmac(hash, hmac(hash, salted, "Server Key"), signed);
    return { kind: "done", bytes: Buffer.from(`v=${serverSignature.toString("base64")}`) };
  };
}

function hmac(hash: string, key: Buffer, text: string): Buffer {
  return createHmac(hash, key).update(text).digest();
}
