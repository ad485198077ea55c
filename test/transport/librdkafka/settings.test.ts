import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { systemClock } from "../../../host/clock.ts";
import { connectionProperties } from "../../../host/transport/librdkafka/connection-properties.ts";
import { librdkafkaTransport } from "../../../host/transport/librdkafka/librdkafka-transport.ts";

const bootstrapServers = ["a:9092", "b:9092"];
const client = { clientId: "app-0", clock: systemClock };

suite("librdkafka's properties", () => {
  test("plain", () => {
    const properties = connectionProperties({ bootstrapServers, metadataMaxAgeMs: 5_000 }, client);
    assert.deepEqual(
      [
        properties["bootstrap.servers"],
        properties["client.id"],
        properties["security.protocol"],
        properties["topic.metadata.refresh.interval.ms"],
        properties["allow.auto.create.topics"],
      ],
      ["a:9092,b:9092", "app-0", "plaintext", 5_000, false],
    );
  });

  test("TLS with certificates as node:tls takes them", () => {
    const properties = connectionProperties(
      {
        bootstrapServers,
        tls: {
          ca: ["CA 1", Buffer.from("CA 2")],
          cert: "CERT",
          key: [{ pem: "KEY" }],
          passphrase: "secret",
          rejectUnauthorized: false,
        },
      },
      client,
    );
    assert.deepEqual(
      [
        properties["security.protocol"],
        properties["ssl.ca.pem"],
        properties["ssl.certificate.pem"],
        properties["ssl.key.pem"],
        properties["ssl.key.password"],
        properties["enable.ssl.certificate.verification"],
      ],
      ["ssl", "CA 1\nCA 2", "CERT", "KEY", "secret", false],
    );
    assert.equal(connectionProperties({ bootstrapServers, tls: true }, client)["security.protocol"], "ssl");
  });

  test("an option of node:tls that librdkafka does not have is refused by name", () => {
    assert.throws(() => connectionProperties({ bootstrapServers, tls: { servername: "x" } }, client), {
      code: "CONFIG_INVALID",
      message: /tls\.servername has no counterpart in librdkafka\. Give ca, cert, key/,
    });
  });

  test("SASL with a password", () => {
    const sasl = { mechanism: "SCRAM-SHA-512", username: "u", password: "p" } as const;
    const properties = connectionProperties({ bootstrapServers, sasl, tls: true }, client);
    assert.equal(properties["security.protocol"], "sasl_ssl");
    assert.equal(properties["sasl.mechanism"], "SCRAM-SHA-512");
    assert.equal(properties["sasl.username"], "u");
    assert.equal(properties["sasl.password"], "p");
  });

  test("a token brings its own end and subject; one that tells nothing is renewed within minutes", async () => {
    const tokens = async (value: string) => {
      const sasl = { mechanism: "OAUTHBEARER", token: async () => ({ value }) } as const;
      const clock = { ...systemClock, now: () => 1_000 };
      const properties = connectionProperties({ bootstrapServers, sasl }, { clientId: "a", clock });
      return (properties.oauthbearer_token_refresh_cb as () => Promise<unknown>)();
    };
    const claims = Buffer.from(JSON.stringify({ sub: "ada", exp: 1_700_000_000 })).toString("base64url");
    assert.deepEqual(await tokens(`e30.${claims}.`), {
      tokenValue: `e30.${claims}.`,
      lifetime: 1_700_000_000_000,
      principal: "ada",
    });
    for (const opaque of ["opaque", "a.b.c"])
      assert.deepEqual(await tokens(opaque), { tokenValue: opaque, lifetime: 301_000, principal: "" });
  });

  test("what the guarantees rest on cannot be set from outside", () => {
    for (const [option, name] of [
      ["producerProperties", "transactional.id"],
      ["producerProperties", "acks"],
      ["consumerProperties", "isolation.level"],
      ["consumerProperties", "check.crcs"],
    ] as const)
      assert.throws(() => librdkafkaTransport({ bootstrapServers, [option]: { [name]: "x" } }), {
        code: "CONFIG_INVALID",
        message: new RegExp(`${option}\\["${name}"\\] is set by Peridot`),
      });
    assert.throws(() => librdkafkaTransport({ bootstrapServers: "" }), { code: "CONFIG_INVALID" });
  });
});
