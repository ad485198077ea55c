import { PeridotError } from "../../../errors.ts";
import { DONE, type SaslConversation } from "./conversation.ts";

/** A token, fetched anew for each authentication, and SASL extensions (KIP-342) that the broker may ask for. */
export interface OAuthToken {
  readonly value: string;
  readonly extensions?: Readonly<Record<string, string>> | undefined;
}

const SEPARATOR = "\x01";

/**
 * OAUTHBEARER (RFC 7628). A server that refuses the token says why in JSON, waits for a lone separator, then fails.
 *
 *   n,, | 0x01 | auth=Bearer <token> | 0x01 | <name>=<value> | 0x01 | … | 0x01
 *
 * Errors: CONFIG_INVALID where the token or an extension has characters that are not allowed.
 */
export function oauthBearer(token: OAuthToken): SaslConversation {
  if (!/^[A-Za-z0-9\-._~+/]+=*$/.test(token.value)) throw invalid("is not a bearer token (RFC 6750)");
  const extensions = Object.entries(token.extensions ?? {});
  for (const [name, value] of extensions) {
    const allowed = /^[A-Za-z]+$/.test(name) && name !== "auth" && /^[\x21-\x7e \t\r\n]+$/.test(value);
    if (!allowed) throw invalid(`has an extension ${name} that RFC 7628 does not allow`);
  }
  const pairs = [["auth", `Bearer ${token.value}`], ...extensions];
  const said = pairs.map(([name, value]) => `${name}=${value}${SEPARATOR}`).join("");
  let refused = "";
  return {
    first: Buffer.from(`n,,${SEPARATOR}${said}${SEPARATOR}`, "utf8"),
    async next(challenge) {
      if (refused !== "") return { kind: "refuse", problem: refused };
      if (challenge.length === 0) return DONE;
      refused = `it answered ${challenge.toString("utf8")}`;
      return { kind: "send", bytes: Buffer.from(SEPARATOR) };
    },
  };
}

function invalid(problem: string): PeridotError {
  const remedy = "The provider returns { value, extensions? }";
  return new PeridotError("CONFIG_INVALID", { option: "sasl.token", problem, remedy });
}
