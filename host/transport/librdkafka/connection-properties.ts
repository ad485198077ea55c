import type { ConnectionOptions } from "node:tls";
import type { Clock } from "../../clock.ts";
import { PeridotError } from "../../errors.ts";
import type { KafkaSettings } from "../kafka/kafka-transport.ts";
import type { OAuthToken } from "../kafka/sasl/oauth-bearer.ts";
import type { Properties } from "./binding.ts";

/** Said to librdkafka of a token that does not say how long it lives, in milliseconds. */
const TOKEN_MS = 300_000;
const TLS_OPTIONS: ReadonlySet<string> = new Set(["ca", "cert", "key", "passphrase", "rejectUnauthorized"]);

/** What producer and consumer have in common. Errors: CONFIG_INVALID. */
export function connectionProperties(
  { bootstrapServers, tls, sasl, metadataMaxAgeMs }: KafkaSettings,
  { clientId, clock }: { readonly clientId: string; readonly clock: Clock },
): Properties {
  const isSecure = tls !== undefined && tls !== false;
  return {
    "bootstrap.servers": [bootstrapServers].flat().join(","),
    "client.id": clientId,
    "security.protocol": `${sasl === undefined ? "" : "sasl_"}${isSecure ? "ssl" : "plaintext"}`,
    ...(typeof tls === "object" ? tlsProperties(tls) : {}),
    ...(sasl === undefined ? {} : saslProperties(sasl, clock)),
    ...(metadataMaxAgeMs === undefined ? {} : { "topic.metadata.refresh.interval.ms": metadataMaxAgeMs }),
    "allow.auto.create.topics": false,
    "log.connection.close": false,
  };
}

function tlsProperties(tls: ConnectionOptions): Properties {
  const unknown = Object.keys(tls).find((name) => !TLS_OPTIONS.has(name));
  if (unknown !== undefined)
    throw new PeridotError("CONFIG_INVALID", {
      option: `tls.${unknown}`,
      problem: "has no counterpart in librdkafka",
      remedy: `Give ${[...TLS_OPTIONS].join(", ")} only, or leave librdkafka out`,
    });
  const { ca, cert, key, passphrase, rejectUnauthorized } = tls;
  return {
    ...(ca === undefined ? {} : { "ssl.ca.pem": pemOf(ca) }),
    ...(cert === undefined ? {} : { "ssl.certificate.pem": pemOf(cert) }),
    ...(key === undefined ? {} : { "ssl.key.pem": pemOf(key) }),
    ...(passphrase === undefined ? {} : { "ssl.key.password": passphrase }),
    ...(rejectUnauthorized === false ? { "enable.ssl.certificate.verification": false } : {}),
  };
}

/** node:tls takes one certificate or key, or several, each as text, bytes or an object around them. */
function pemOf(given: NonNullable<ConnectionOptions["ca"] | ConnectionOptions["key"]>): string {
  return [given]
    .flat()
    .map((each) => (typeof each === "string" || Buffer.isBuffer(each) ? String(each) : String(each.pem)))
    .join("\n");
}

function saslProperties(sasl: NonNullable<KafkaSettings["sasl"]>, clock: Clock): Properties {
  const { mechanism } = sasl;
  if (mechanism !== "OAUTHBEARER")
    return { "sasl.mechanism": mechanism, "sasl.username": sasl.username, "sasl.password": sasl.password };
  return {
    "sasl.mechanism": mechanism,
    oauthbearer_token_refresh_cb: async () => nativeToken(await sasl.token(), clock.now()),
  };
}

/** librdkafka asks for a new token when four fifths of `lifetime` (an end, in milliseconds) are over. */
function nativeToken({ value, extensions }: OAuthToken, now: number) {
  const { sub, exp } = claimsOf(value);
  return {
    tokenValue: value,
    lifetime: typeof exp === "number" ? exp * 1000 : now + TOKEN_MS,
    principal: typeof sub === "string" ? sub : "",
    ...(extensions === undefined ? {} : { extensions }),
  };
}

/** Those of a JSON web token (RFC 7519); of another kind of token none. */
function claimsOf(token: string): { readonly sub?: unknown; readonly exp?: unknown } {
  try {
    return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8")) ?? {};
  } catch {
    return {};
  }
}
