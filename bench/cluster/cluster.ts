import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { dockerCluster } from "./docker.ts";
import { brokerJars, HOME, javaCommand, KAFKA_VERSION, toolClasses } from "./jars.ts";
import { finished, type Launched, launch } from "./processes.ts";
import { brokerProperties, type KeyStore, type ListenerName, type Node } from "./properties.ts";
import { clusterSource } from "./source.ts";
import { Tools } from "./tools.ts";

export interface ClusterOptions {
  readonly brokers: 1 | 3;
  /** More broker settings, as in server.properties. */
  readonly props?: Readonly<Record<string, string>>;
  /** Listeners beside PLAINTEXT. */
  readonly listeners?: readonly Exclude<ListenerName, "PLAINTEXT">[];
  /** Asks permission of all but PLAINTEXT clients and the user `admin`: see tools.acl. */
  readonly authorizer?: boolean;
  /** From 3.0.0 on; older ones have no KRaft mode to speak of. */
  readonly kafkaVersion?: string;
}

/** A real Kafka cluster, fresh unless it came from BOOTSTRAP. */
export interface Cluster {
  /** Comma-separated addresses of the PLAINTEXT listeners. */
  readonly bootstrap: string;
  readonly brokers: number;
  readonly tools: Tools;
  /** Addresses of another listener. */
  addressesOf(listener: ListenerName): string;
  /** The certificate that vouches for TLS listeners, as PEM; undefined without such a listener. */
  readonly certificateFile: string | undefined;
  /** Process ids of the brokers that are up; empty where they are not our processes. */
  pids(): readonly number[];
  /** kill -9 of broker `id`, 1 to 3. */
  kill(id: number): Promise<void>;
  /** Starts a killed broker again on its data; resolves when it is registered. */
  restart(id: number): Promise<void>;
  stop(): Promise<void>;
}

/** Why this machine has no cluster with these options; undefined: it has. Tests say it in their skip. */
export function clusterMissing(options: ClusterOptions): string | undefined {
  const source = clusterSource();
  if (source.kind === "none") return source.why;
  if (source.kind === "java") return undefined;
  const { listeners = [], authorizer = false, kafkaVersion, props = {} } = options;
  const special =
    listeners.length > 0 || authorizer || kafkaVersion !== undefined || Object.keys(props).length > 0;
  return special
    ? "needs brokers with settings of their own, which only Java with Maven can start"
    : undefined;
}

/** Starts a cluster where `clusterSource` says; resolves when all its brokers are registered. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const missing = clusterMissing(options);
  if (missing !== undefined) throw new Error(missing);
  const source = clusterSource();
  if (source.kind === "bootstrap") return givenCluster(source.bootstrap, options.brokers);
  if (source.kind === "docker") return dockerCluster();
  return javaCluster(options);
}

function givenCluster(bootstrap: string, brokers: number): Cluster {
  const foreign = async () => {
    throw new Error("the cluster named by BOOTSTRAP is not ours to kill");
  };
  return {
    bootstrap,
    brokers,
    tools: new Tools(bootstrap),
    addressesOf: () => bootstrap,
    certificateFile: undefined,
    pids: () => [],
    kill: foreign,
    restart: foreign,
    stop: async () => {},
  };
}

const START_SECONDS_MAX = 120;

/** A port that was free may be taken when a broker comes to it: the next try has others. */
const STARTS_MAX = 3;

async function javaCluster(options: ClusterOptions): Promise<Cluster> {
  for (let start = 1; ; start++) {
    try {
      return await startJavaCluster(options);
    } catch (error) {
      if (start === STARTS_MAX) throw error;
      console.error(`the brokers did not start, and are started again: ${error}`);
    }
  }
}

async function startJavaCluster(options: ClusterOptions): Promise<Cluster> {
  const { brokers, kafkaVersion = KAFKA_VERSION } = options;
  const run = makeRunDirectory();
  const jars = await brokerJars(kafkaVersion);
  const classes = await toolClasses();
  const nodes = await makeNodes(brokers, ["PLAINTEXT", ...(options.listeners ?? [])]);
  const keyStore = (options.listeners ?? []).some((name) => name.endsWith("SSL"))
    ? await makeKeyStore(run)
    : undefined;
  const configs = nodes.map((node) => writeConfig(run, node, nodes, keyStore, options));
  const logging = [`-Dlog4j.configuration=file:${join(import.meta.dirname, "broker-3", "log4j.properties")}`];
  const path = `${classes}:${jars}`;

  const clusterId = "4L6g3nShT-eMCtK--X86sw";
  const format = (config: string) => ["format", "--cluster-id", clusterId, "--config", config];
  await Promise.all(
    configs.map((config) =>
      finished(
        launch(
          javaCommand([
            ...logging,
            "-XX:TieredStopAtLevel=1",
            "-cp",
            path,
            "kafka.tools.StorageTool",
            ...format(config),
          ]),
        ),
      ),
    ),
  );

  const collector = ["-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35"]; // as Kafka's own script
  const processes = new Map<number, Launched>();
  const start = (node: Node) => {
    const config = configs[node.id - 1]!;
    const argv = javaCommand([
      "-Xmx1g",
      ...collector,
      ...logging,
      "-cp",
      path,
      "Guarded",
      "kafka.Kafka",
      config,
    ]);
    processes.set(node.id, launch(argv, { log: join(run, `broker-${node.id}.log`) }));
  };
  const addressesOf = (listener: ListenerName) =>
    nodes.map((node) => `127.0.0.1:${node.ports.get(listener)}`).join(",");
  const tools = new Tools(addressesOf("PLAINTEXT"));

  const stop = async () => {
    await Promise.all([...processes.values()].map((process) => process.stop(20_000)));
    rmSync(run, { recursive: true, force: true });
  };
  const up = async (ids: readonly number[], through: Tools) => {
    try {
      const ends = ids.map(async (id) => {
        throw new Error(`broker ${id} ended with ${await processes.get(id)?.ended}`);
      });
      await Promise.race([through.awaitBrokers(ids, START_SECONDS_MAX), ...ends]);
    } catch (error) {
      const logs = ids.map((id) => `broker ${id}:\n${processes.get(id)?.said().slice(-2000)}`).join("\n");
      await stop();
      throw new Error(`the brokers did not come up\n${logs}`, { cause: error });
    }
  };
  for (const node of nodes) start(node);
  await up(
    nodes.map(({ id }) => id),
    tools,
  );

  return {
    bootstrap: tools.bootstrap,
    brokers,
    tools,
    addressesOf,
    certificateFile: keyStore === undefined ? undefined : join(run, "certificate.pem"),
    pids: () => [...processes.values()].map(({ pid }) => pid),
    async kill(id) {
      const process = processes.get(id);
      if (process === undefined) throw new Error(`broker ${id} is not up`);
      processes.delete(id);
      await process.kill();
    },
    async restart(id) {
      const node = nodes[id - 1]!;
      start(node);
      await up([id], new Tools(`127.0.0.1:${node.ports.get("PLAINTEXT")}`));
    },
    stop,
  };
}

/** Named after this process, so that the next one can tell what a killed one has left behind, and remove it. */
function makeRunDirectory(): string {
  const runs = join(HOME, "runs");
  mkdirSync(runs, { recursive: true });
  for (const name of readdirSync(runs)) {
    const owner = /^cluster-(\d+)-/.exec(name)?.[1];
    if (owner !== undefined && !isAlive(Number(owner)))
      rmSync(join(runs, name), { recursive: true, force: true });
  }
  return mkdtempSync(join(runs, `cluster-${process.pid}-`));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function writeConfig(
  run: string,
  node: Node,
  nodes: readonly Node[],
  keyStore: KeyStore | undefined,
  { props = {}, authorizer = false }: ClusterOptions,
): string {
  const file = join(run, `broker-${node.id}.properties`);
  const dataDirectory = join(run, `data-${node.id}`);
  writeFileSync(file, brokerProperties({ node, nodes, dataDirectory, keyStore, authorizer, props }));
  return file;
}

/** A self-signed certificate for this machine's loopback names, by the JDK's keytool. */
async function makeKeyStore(run: string): Promise<KeyStore> {
  const file = join(run, "keystore.p12");
  const password = "keystore-secret";
  const store = ["-keystore", file, "-storetype", "PKCS12", "-storepass", password, "-alias", "broker"];
  const names = ["-dname", "CN=localhost", "-ext", "san=dns:localhost,ip:127.0.0.1"];
  await finished(launch(["keytool", "-genkeypair", "-keyalg", "RSA", "-validity", "30", ...names, ...store]));
  const certificate = join(run, "certificate.pem");
  await finished(launch(["keytool", "-exportcert", "-rfc", "-file", certificate, ...store]));
  if (!existsSync(certificate)) throw new Error("keytool made no certificate");
  return { file, password };
}

async function makeNodes(count: number, listeners: readonly ListenerName[]): Promise<readonly Node[]> {
  const ports = await freePorts(count * (listeners.length + 1));
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    controllerPort: ports.pop()!,
    ports: new Map(listeners.map((name) => [name, ports.pop()!])),
  }));
}

/** Held all at once, so that they differ; another process could take one before the broker does, which then fails. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once("error", reject);
          server.listen(0, "127.0.0.1", () => {
            const address = server.address();
            resolve(typeof address === "object" && address !== null ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
