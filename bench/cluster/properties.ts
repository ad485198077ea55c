/** A broker's listeners: PLAINTEXT (always there, for the tools and among the brokers) and those that tests ask for. */
export type ListenerName = "PLAINTEXT" | "SASL_PLAINTEXT" | "SSL" | "SASL_SSL";

export interface Node {
  readonly id: number;
  readonly controllerPort: number;
  /** A port for each of the cluster's listeners. */
  readonly ports: ReadonlyMap<ListenerName, number>;
}

/** The users that SASL listeners know by PLAIN; SCRAM users are made by tools.scramUser. */
export const USERS = { admin: "admin-secret", peridot: "peridot-secret" } as const;

export interface KeyStore {
  readonly file: string;
  readonly password: string;
}

export interface BrokerSettings {
  readonly node: Node;
  readonly nodes: readonly Node[];
  readonly dataDirectory: string;
  readonly keyStore: KeyStore | undefined;
  /** Asks permission for everything of everybody but the PLAINTEXT listener's clients and `admin`. */
  readonly authorizer: boolean;
  readonly props: Readonly<Record<string, string>>;
}

/** The whole server.properties of a combined KRaft node. */
export function brokerProperties(settings: BrokerSettings): string {
  const properties = {
    ...networkProperties(settings),
    ...storageProperties(settings),
    ...saslProperties(settings.node),
    ...(settings.keyStore === undefined ? {} : keyProperties(settings.keyStore)),
    ...(settings.authorizer ? authorizerProperties : {}),
    ...settings.props,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}

function networkProperties({ node, nodes }: BrokerSettings): Record<string, string> {
  const names = [...node.ports.keys()];
  const addresses = names.map((name) => `${name}://127.0.0.1:${node.ports.get(name)}`);
  return {
    "process.roles": "broker,controller",
    "node.id": `${node.id}`,
    "controller.quorum.voters": nodes
      .map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`)
      .join(","),
    listeners: [...addresses, `CONTROLLER://127.0.0.1:${node.controllerPort}`].join(","),
    "advertised.listeners": addresses.join(","),
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": [
      "CONTROLLER:PLAINTEXT",
      ...names.map((name) => `${name}:${name}`),
    ].join(","),
  };
}

/** Replication 3 with two in-sync replicas on three nodes; small internal topics, no waiting for more members. */
function storageProperties({ nodes, dataDirectory }: BrokerSettings): Record<string, string> {
  const replicas = `${nodes.length}`;
  const inSync = nodes.length === 3 ? "2" : "1";
  return {
    "log.dirs": dataDirectory,
    "auto.create.topics.enable": "false",
    "num.partitions": "6",
    "default.replication.factor": replicas,
    "min.insync.replicas": inSync,
    "offsets.topic.num.partitions": "10",
    "offsets.topic.replication.factor": replicas,
    "transaction.state.log.num.partitions": "10",
    "transaction.state.log.replication.factor": replicas,
    "transaction.state.log.min.isr": inSync,
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000", // a killed member is missed soon
    "log.segment.delete.delay.ms": "5000",
  };
}

function saslProperties(node: Node): Record<string, string> {
  const properties: Record<string, string> = {};
  const users = Object.entries(USERS).map(([name, password]) => `user_${name}="${password}"`);
  const modules = "org.apache.kafka.common.security";
  for (const name of node.ports.keys()) {
    if (!name.startsWith("SASL")) continue;
    const prefix = `listener.name.${name.toLowerCase()}`;
    properties[`${prefix}.sasl.enabled.mechanisms`] = "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER";
    properties[`${prefix}.plain.sasl.jaas.config`] =
      `${modules}.plain.PlainLoginModule required ${users.join(" ")};`;
    for (const mechanism of ["scram-sha-256", "scram-sha-512"]) {
      properties[`${prefix}.${mechanism}.sasl.jaas.config`] = `${modules}.scram.ScramLoginModule required;`;
    }
    // accepts tokens without a signature: for tests only
    properties[`${prefix}.oauthbearer.sasl.jaas.config`] =
      `${modules}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="admin";`;
  }
  return properties;
}

function keyProperties({ file, password }: KeyStore): Record<string, string> {
  return {
    "ssl.keystore.type": "PKCS12",
    "ssl.keystore.location": file,
    "ssl.keystore.password": password,
    "ssl.key.password": password,
  };
}

const authorizerProperties = {
  "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
  "super.users": "User:ANONYMOUS;User:admin",
  "allow.everyone.if.no.acl.found": "false",
};
