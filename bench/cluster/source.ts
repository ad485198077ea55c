import { spawnSync } from "node:child_process";

/** Where a real cluster comes from on this machine, best first. */
export type ClusterSource =
  | { readonly kind: "bootstrap"; readonly bootstrap: string; readonly says: string }
  | { readonly kind: "java"; readonly says: string }
  | { readonly kind: "docker"; readonly says: string }
  | { readonly kind: "none"; readonly why: string };

/** Tells whether a program runs and ends well. */
export type Runs = (command: string, args: readonly string[]) => boolean;

/**
 * BOOTSTRAP if it is set; else Java with Maven (which can do all that the tests ask: several clusters, older
 * brokers, TLS); else Docker. CLUSTER=docker or CLUSTER=java insists on one of them.
 */
export function clusterSource(env: NodeJS.ProcessEnv = process.env, runs: Runs = runsWell): ClusterSource {
  const bootstrap = env.BOOTSTRAP;
  if (bootstrap !== undefined && bootstrap !== "") {
    return { kind: "bootstrap", bootstrap, says: `those at ${bootstrap}, from BOOTSTRAP` };
  }
  const wanted = env.CLUSTER ?? "";
  if (wanted !== "docker" && hasJava(runs)) return { kind: "java", says: "Kafka's own jars, from Maven" };
  if (wanted !== "java" && runs("docker", ["info"])) {
    return { kind: "docker", says: "containers of docker-compose.yml" };
  }
  return {
    kind: "none",
    why:
      "no broker can be started here. Set BOOTSTRAP to the address of a cluster made for tests, " +
      "or install a JDK (17 or later) and Maven, or start Docker",
  };
}

/** A JDK and Maven: the Java tools run on this machine, else in a container. */
export function hasJava(runs: Runs = runsWell): boolean {
  return runs("javac", ["-version"]) && runs("mvn", ["--version"]);
}

const known = new Map<string, boolean>();

function runsWell(command: string, args: readonly string[]): boolean {
  const answer =
    known.get(command) ?? spawnSync(command, args, { stdio: "ignore", timeout: 30_000 }).status === 0;
  known.set(command, answer);
  return answer;
}
