import { PeridotError } from "../../errors.ts";

/** What Node says of a socket that failed. With several addresses tried, the first one's failure. */
interface SocketError extends Error {
  readonly code?: string;
  readonly errors?: readonly SocketError[];
}

const UNTRUSTED = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
]);
const EXPIRED = new Set(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"]);
const CLOSED = new Set(["ECONNRESET", "EPIPE"]);

/** How a record of TLS begins when the other side gives up (RFC 8446, section 5.1). */
const TLS_ALERT = 21;
const TLS_MAJOR_VERSION = 3;

/** Why no connection came about, before TLS began or without it. */
export function unreachable(broker: string, error: SocketError): PeridotError {
  const [problem, remedy] = reachProblem(error);
  return new PeridotError("BROKER_UNREACHABLE", { broker, problem, remedy }, error);
}

function reachProblem(error: SocketError): [problem: string, remedy: string] {
  switch (error.code ?? error.errors?.[0]?.code) {
    case "ECONNREFUSED":
      return ["the connection was refused", "Check the port, and that the broker runs"];
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return ["the host name is not known", "Check bootstrapServers and the brokers' advertised.listeners"];
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return ["no way leads to that host", "Check the network and the brokers' advertised.listeners"];
    default:
      return [error.message, "Check bootstrapServers and the network"];
  }
}

export function connectTimeout(broker: string, timeoutMs: number): PeridotError {
  const problem = `no answer within ${timeoutMs} ms`;
  const remedy = "Check bootstrapServers, the brokers' advertised.listeners, and firewalls on the way";
  return new PeridotError("BROKER_UNREACHABLE", { broker, problem, remedy });
}

/** Why TLS did not come about, or ended. One that the other side may mend by itself (it went away) is retriable. */
export function tlsFailed(broker: string, error: SocketError): PeridotError {
  const code = error.code ?? "";
  if (CLOSED.has(code)) {
    const problem = "it closed the connection during the TLS handshake";
    const remedy = "Check that this port is a TLS listener; for one without TLS, leave tls out";
    return new PeridotError("HANDSHAKE_FAILED", { broker, problem, remedy }, error);
  }
  const [problem, remedy] = tlsProblem(code, error.message);
  return new PeridotError("TLS_REFUSED", { broker, problem, remedy }, error);
}

function tlsProblem(code: string, message: string): [problem: string, remedy: string] {
  if (UNTRUSTED.has(code))
    return [
      `its certificate is signed by nobody whom we trust (${code})`,
      "Give its authority's certificate as tls.ca",
    ];
  if (EXPIRED.has(code))
    return [`its certificate is not valid now (${code})`, "Renew it, or set this machine's clock"];
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return [message, "Connect by a name that stands in the certificate, or give that name as tls.servername"];
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNEXPECTED_MESSAGE|HTTP_REQUEST/.test(code))
    return ["it does not speak TLS on this port", "Leave tls out, or name the port of its TLS listener"];
  if (/CERTIFICATE_REQUIRED|BAD_CERTIFICATE|ALERT_UNKNOWN_CA|HANDSHAKE_FAILURE/.test(code))
    return [
      `it refused our side of TLS (${code})`,
      "When it asks for client certificates, give tls.cert and tls.key",
    ];
  return [message, "Compare tls with the broker's listener settings"];
}

/** TLS, if it is there already, broke; or the other side went away. */
export function connectionLost(broker: string, error: SocketError | undefined): PeridotError {
  if (error?.code?.startsWith("ERR_SSL") === true) return tlsFailed(broker, error);
  const problem = error === undefined ? "the broker closed it" : error.message;
  return new PeridotError("CONNECTION_LOST", { broker, problem }, error);
}

/** What came instead of an answer: TLS's alert, HTTP, or something else. */
export function foreignAnswer(broker: string, start: Buffer): PeridotError {
  if (start[0] === TLS_ALERT && start[1] === TLS_MAJOR_VERSION) {
    const problem = "this port speaks TLS, and we do not";
    return new PeridotError("NOT_A_BROKER", {
      broker,
      problem,
      remedy: "Set tls, or name a port without TLS",
    });
  }
  const shown = JSON.stringify(start.toString("latin1", 0, 24));
  return new PeridotError("NOT_A_BROKER", {
    broker,
    problem: `its answer begins with ${shown}`,
    remedy: "Check the host and port in bootstrapServers",
  });
}
