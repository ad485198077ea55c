import assert from "node:assert/strict";
import { test } from "node:test";
import type { SaslConversation } from "../../../../host/transport/kafka/sasl/conversation.ts";
import { scram } from "../../../../host/transport/kafka/sasl/scram.ts";
import { scramServer } from "./scram-server.ts";

async function sent(conversation: SaslConversation, challenge: string | Buffer): Promise<string> {
  const step = await conversation.next(Buffer.from(challenge));
  assert.equal(step.kind, "send", JSON.stringify(step));
  return (step as { bytes: Buffer }).bytes.toString();
}

async function refused(conversation: SaslConversation, challenge: string, problem: RegExp): Promise<void> {
  const step = await conversation.next(Buffer.from(challenge));
  assert.equal(step.kind, "refuse");
  assert.match((step as { problem: string }).problem, problem);
}

test("the exchange of RFC 5802, section 5 (SHA-1)", async () => {
  const client = scram({
    hash: "sha1",
    username: "user",
    password: "pencil",
    nonce: "fyko+d2lbbFgONRv9qkxdawL",
  });
  assert.equal(client.first.toString(), "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
  assert.equal(
    await sent(client, "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096"),
    "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
  );
  assert.deepEqual(await client.next(Buffer.from("v=rmF9pqV8S7suAoZWja4dJRkFsKQ=")), { kind: "done" });
});

const RFC_7677 = { hash: "sha256", username: "user", password: "pencil", nonce: "rOprNGfwEbeRWgbNEkqO" };
const RFC_7677_FIRST =
  "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

test("the exchange of RFC 7677, section 3 (SHA-256)", async () => {
  const client = scram(RFC_7677);
  assert.equal(client.first.toString(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  assert.equal(
    await sent(client, RFC_7677_FIRST),
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
  );
  assert.deepEqual(await client.next(Buffer.from("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")), {
    kind: "done",
  });
});

for (const hash of ["sha256", "sha512"]) {
  test(`${hash} against a server, with a name that needs escapes`, async () => {
    const password = "pässword, with = signs";
    const server = scramServer(hash, password, Buffer.from("salt of the server"), 5000, "server");
    const client = scram({ hash, username: "a=b,c", password, nonce: "client" });
    assert.match(client.first.toString(), /^n,,n=a=3Db=2Cc,r=client$/);
    const proof = await sent(client, server.challenge(client.first));
    const signature = server.verify(Buffer.from(proof));
    assert.ok(signature);
    assert.deepEqual(await client.next(signature), { kind: "done" });
  });

  test(`${hash}: another password is noticed by the server`, async () => {
    const server = scramServer(hash, "right", Buffer.from("salt"), 4096, "server");
    const client = scram({ hash, username: "u", password: "wrong", nonce: "client" });
    assert.equal(server.verify(Buffer.from(await sent(client, server.challenge(client.first)))), undefined);
  });
}

test("a server that does not know the password is refused", async () => {
  for (const final of ["v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "v=", "", "v=AAAA"]) {
    const client = scram(RFC_7677);
    await sent(client, RFC_7677_FIRST);
    await refused(client, final, /could not prove/);
  }
});

test("a server's error is passed on", async () => {
  const client = scram(RFC_7677);
  await sent(client, RFC_7677_FIRST);
  await refused(client, "e=other-error", /other-error/);
});

test("a challenge that is none, another's nonce, too few or too many iterations", async () => {
  await refused(scram(RFC_7677), "nonsense", /cannot be read/);
  await refused(
    scram(RFC_7677),
    "r=somebodyelse,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    /did not repeat our nonce/,
  );
  await refused(
    scram(RFC_7677),
    "r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    /did not repeat our nonce/,
  );
  await refused(scram(RFC_7677), RFC_7677_FIRST.replace("4096", "4095"), /4095 iterations/);
  await refused(scram(RFC_7677), RFC_7677_FIRST.replace("4096", "999999999"), /999999999 iterations/);
});
