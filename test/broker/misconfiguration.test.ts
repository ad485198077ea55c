import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { type Cluster, clusterMissing, startCluster } from "../../bench/cluster/cluster.ts";
import { launch } from "../../bench/cluster/processes.ts";
import { USERS } from "../../bench/cluster/properties.ts";
import { lives } from "./process.ts";

const APP = join(import.meta.dirname, "configured-app.ts");
/** What a user waits for an answer before he thinks that it hangs. */
const PATIENCE_MS = 90_000;
const options = { brokers: 1, listeners: ["SASL_PLAINTEXT", "SSL"], authorizer: true } as const;

interface Mistake {
  readonly name: string;
  readonly config: (cluster: Cluster) => object;
  readonly input?: string;
  readonly output?: string;
  /** Of the error's table; its text must name cause and remedy. */
  readonly code: string;
  readonly cause: RegExp;
  readonly remedy: RegExp;
}

const sasl = (password: string) => (cluster: Cluster) => ({
  bootstrapServers: cluster.addressesOf("SASL_PLAINTEXT"),
  sasl: { mechanism: "PLAIN", username: "peridot", password },
});
const plain = (cluster: Cluster) => ({ bootstrapServers: cluster.bootstrap });

const MISTAKES: readonly Mistake[] = [
  {
    name: "no broker at all",
    config: () => ({}),
    code: "CONFIG_INVALID",
    cause: /bootstrapServers is missing/,
    remedy: /localhost:9092/,
  },
  {
    name: "a port where nobody listens",
    config: () => ({ bootstrapServers: "127.0.0.1:1" }),
    code: "CLUSTER_UNREACHABLE",
    cause: /127\.0\.0\.1:1\b.*refused/i,
    remedy: /Check bootstrapServers/,
  },
  {
    name: "a name that does not resolve",
    config: () => ({ bootstrapServers: "no-such-broker.invalid:9092" }),
    code: "CLUSTER_UNREACHABLE",
    cause: /no-such-broker\.invalid/,
    remedy: /Check bootstrapServers/,
  },
  {
    name: "a missing input topic",
    config: plain,
    input: "mistake-absent",
    code: "TOPIC_MISSING",
    cause: /mistake-absent/,
    remedy: /Create it/,
  },
  {
    name: "a missing output topic",
    config: plain,
    output: "mistake-gone",
    code: "TOPIC_MISSING",
    cause: /mistake-gone/,
    remedy: /Create it/,
  },
  {
    name: "a wrong SASL password",
    config: sasl("wrong"),
    code: "AUTHENTICATION_FAILED",
    cause: /PLAIN/,
    remedy: /password/i,
  },
  {
    name: "no SASL where the broker asks for it",
    config: (cluster) => ({ bootstrapServers: cluster.addressesOf("SASL_PLAINTEXT") }),
    code: "NOT_A_BROKER|HANDSHAKE_FAILED|CLUSTER_UNREACHABLE|RETRIES_EXHAUSTED",
    cause: /SASL/,
    remedy: /sasl/,
  },
  {
    name: "TLS to a plain port",
    config: (cluster) => ({ bootstrapServers: cluster.bootstrap, tls: true }),
    code: "TLS_REFUSED|HANDSHAKE_FAILED|CLUSTER_UNREACHABLE",
    cause: /TLS/,
    remedy: /tls/,
  },
  {
    name: "plain text to a TLS port",
    config: (cluster) => ({ bootstrapServers: cluster.addressesOf("SSL") }),
    code: "NOT_A_BROKER|HANDSHAKE_FAILED|CLUSTER_UNREACHABLE",
    cause: /TLS/,
    remedy: /tls/,
  },
  {
    name: "TLS with a certificate that nobody vouches for",
    config: (cluster) => ({ bootstrapServers: cluster.addressesOf("SSL"), tls: true }),
    code: "TLS_REFUSED",
    cause: /certificate/i,
    remedy: /\bca\b/,
  },
  {
    name: "an unknown compression",
    config: (cluster) => ({ ...plain(cluster), compression: "brotli" }),
    code: "CONFIG_INVALID",
    cause: /brotli/,
    remedy: /zstd/,
  },
  {
    name: "an output topic without permission",
    config: sasl(USERS.peridot),
    output: "mistake-forbidden",
    code: "ACCESS_DENIED",
    cause: /mistake-forbidden/,
    remedy: /Grant/,
  },
  {
    name: "topics of one source with different partition counts",
    config: plain,
    input: "mistake-in,mistake-wide",
    code: "TOPOLOGY_INVALID|CONFIG_INVALID",
    cause: /partitions/,
    remedy: /mistake-wide/,
  },
];

suite("each misconfiguration ends with one error that names cause and remedy", {
  skip: clusterMissing(options) ?? false,
}, () => {
  let cluster: Cluster;
  const directory = mkdtempSync(join(tmpdir(), "peridot-mistakes-"));

  before(async () => {
    cluster = await startCluster(options);
    const { tools } = cluster;
    await tools.createTopic("mistake-in", 2, 1);
    await tools.createTopic("mistake-wide", 3, 1);
    await tools.createTopic("mistake-out", 2, 1);
    await tools.createTopic("mistake-forbidden", 2, 1);
    await tools.seed("mistake-in", 100);
    for (const kind of ["TOPIC", "GROUP", "TRANSACTIONAL_ID"])
      await tools.acl("peridot", "ALL", "ALLOW", kind, "*");
    await tools.acl("peridot", "IDEMPOTENT_WRITE", "ALLOW", "CLUSTER", "kafka-cluster");
    await tools.acl("peridot", "WRITE", "DENY", "TOPIC", "mistake-forbidden");
    await tools.createTopic("mistake-untold", 2, 1, { "max.message.bytes": "100000" });
    await tools.acl("peridot", "DESCRIBE_CONFIGS", "DENY", "TOPIC", "mistake-untold");
  });
  after(async () => {
    await cluster?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const start = (name: string, config: object, input: string, output: string) => {
    const stateDir = join(directory, name.replaceAll(" ", "-"));
    const CONFIG = JSON.stringify({ applicationId: name.replaceAll(/\W+/g, "-"), stateDir, ...config });
    return launch([process.execPath, APP], { env: { CONFIG, INPUT: input, OUTPUT: output } });
  };

  for (const {
    name,
    config,
    input = "mistake-in",
    output = "mistake-out",
    code,
    cause,
    remedy,
  } of MISTAKES) {
    test(name, async () => {
      const app = start(name, config(cluster), input, output);
      const status = await lives(app, PATIENCE_MS);
      if (status === undefined) await app.kill();
      const said = app.said();
      assert.ok(status !== undefined, `it hangs, having said:\n${said}`);
      assert.notEqual(status, 0, said);
      const errors = said.match(/^PeridotError: .*$/gm) ?? [];
      assert.equal(errors.length, 1, `one error, not ${errors.length}:\n${said}`);
      assert.match(said, new RegExp(`code: '(${code})'`));
      assert.match(errors[0]!, cause);
      assert.match(errors[0]!, remedy);
    });
  }

  // so that the mistakes above are what failed, and nothing else
  for (const [name, config, output = "mistake-out"] of [
    ["right over SASL PLAIN", sasl(USERS.peridot)],
    ["right without permission to read a topic's configuration", sasl(USERS.peridot), "mistake-untold"],
    [
      "right over TLS",
      (it: Cluster) => ({
        bootstrapServers: it.addressesOf("SSL"),
        tls: { ca: readFileSync(it.certificateFile!, "utf8") },
      }),
    ],
  ] as const) {
    test(name, async () => {
      const id = name.replaceAll(/\W+/g, "-");
      const app = start(name, config(cluster), "mistake-in", output);
      const done = cluster.tools.awaitGroup(id, "mistake-in", 60).then(() => "done");
      assert.equal(await Promise.race([done, app.ended]), "done", app.said());
      assert.equal(await app.stop(), 0, app.said());
    });
  }
});
