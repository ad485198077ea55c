import { createHash, createHmac, pbkdf2, timingSafeEqual } from "node:crypto";
import { DONE, type SaslConversation, type SaslStep } from "./conversation.ts";

/** Kafka's brokers and clients refuse fewer. */
const ITERATIONS_MIN = 4096;
/** More would only keep us busy: Kafka stores at most 16,384. */
const ITERATIONS_MAX = 1_000_000;
/** "no channel binding, no authorization id", and the same in base64, as the final message repeats it. */
const GS2_HEADER = "n,,";
const CHANNEL_BINDING = "c=biws";

export interface ScramSettings {
  /** As node:crypto names it: "sha256" or "sha512". */
  readonly hash: string;
  readonly username: string;
  readonly password: string;
  /** Random, printable, without commas; new for each conversation. */
  readonly nonce: string;
}

/**
 * SCRAM (RFC 5802, RFC 7677): neither side shows the password, and the server proves that it knows it.
 *
 *   client  n,,n=<user>,r=<client nonce>
 *   server  r=<client nonce + server nonce>,s=<salt>,i=<iterations>
 *   client  c=biws,r=<both nonces>,p=<proof>
 *   server  v=<signature>, or e=<error>
 */
export function scram(settings: ScramSettings): SaslConversation {
  const name = settings.username.replaceAll("=", "=3D").replaceAll(",", "=2C");
  const bare = `n=${name},r=${settings.nonce}`;
  let signature: Buffer | undefined;
  return {
    first: Buffer.from(GS2_HEADER + bare, "utf8"),
    async next(challenge) {
      if (signature !== undefined) return checkServer(challenge.toString("utf8"), signature);
      const answer = await prove(settings, bare, challenge.toString("utf8"));
      if (typeof answer === "string") return { kind: "refuse", problem: answer };
      signature = answer.signature;
      return { kind: "send", bytes: answer.bytes };
    },
  };
}

/** The client's final message, and the signature that the server must answer with; a string: why not. */
async function prove(
  settings: ScramSettings,
  bare: string,
  serverFirst: string,
): Promise<{ bytes: Buffer; signature: Buffer } | string> {
  const { hash, password, nonce } = settings;
  const [, serverNonce, salt, count] = /^r=([^,]+),s=([^,]+),i=(\d+)(?:,|$)/.exec(serverFirst) ?? [];
  if (serverNonce === undefined || salt === undefined) return "its SCRAM challenge cannot be read";
  if (!serverNonce.startsWith(nonce) || serverNonce.length === nonce.length)
    return "it did not repeat our nonce";
  const iterations = Number(count);
  if (iterations < ITERATIONS_MIN || iterations > ITERATIONS_MAX)
    return `it asks for ${iterations} iterations, allowed are ${ITERATIONS_MIN} to ${ITERATIONS_MAX}`;
  const salted = await saltPassword(hash, password, Buffer.from(salt, "base64"), iterations);
  const withoutProof = `${CHANNEL_BINDING},r=${serverNonce}`;
  const message = `${bare},${serverFirst},${withoutProof}`;
  const clientKey = hmac(hash, salted, "Client Key");
  const storedKey = createHash(hash).update(clientKey).digest();
  const proof = xor(clientKey, hmac(hash, storedKey, message));
  return {
    bytes: Buffer.from(`${withoutProof},p=${proof.toString("base64")}`, "utf8"),
    signature: hmac(hash, hmac(hash, salted, "Server Key"), message),
  };
}

function checkServer(serverFinal: string, signature: Buffer): SaslStep {
  const [, kind, text] = /^([ve])=([^,]*)/.exec(serverFinal) ?? [];
  if (kind === "e") return { kind: "refuse", problem: `it answered ${text}` };
  const theirs = Buffer.from(kind === "v" ? text! : "", "base64");
  const same = theirs.length === signature.length && timingSafeEqual(theirs, signature);
  return same ? DONE : { kind: "refuse", problem: "it could not prove that it knows the password" };
}

function saltPassword(hash: string, password: string, salt: Buffer, iterations: number): Promise<Buffer> {
  const length = createHash(hash).digest().length;
  return new Promise((resolve, reject) => {
    pbkdf2(password, salt, iterations, length, hash, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}

function hmac(hash: string, key: Buffer, text: string): Buffer {
  return createHmac(hash, key).update(text, "utf8").digest();
}

function xor(left: Buffer, right: Buffer): Buffer {
  return Buffer.from(left.map((byte, at) => byte ^ right[at]!));
}
