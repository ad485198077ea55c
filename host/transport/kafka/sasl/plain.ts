import { DONE, type SaslConversation } from "./conversation.ts";

/**
 * SASL PLAIN (RFC 4616). The password goes over the wire as it is: use it over TLS.
 *
 *   authorization id (empty) | NUL | user name | NUL | password
 */
export function plain(username: string, password: string): SaslConversation {
  return {
    first: Buffer.from(`\0${username}\0${password}`, "utf8"),
    next: async () => DONE,
  };
}
