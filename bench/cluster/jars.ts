import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { finished, launch } from "./processes.ts";
import { hasJava } from "./source.ts";

/**
 * Kafka's jars and the compiled tools, in a cache that outlives the run: PERIDOT_KAFKA_HOME, or
 * ~/.cache/peridot-kafka. Names carry a hash of what was built, so that nothing there is ever out of date.
 *
 * ```
 *   jars-4.3.1-<hash>/   what pom.xml resolves to: tools, Kafka Streams, a broker of that version
 *   jars-3.9.1-<hash>/   what broker-3/pom.xml resolves to: an older broker
 *   tools-<hash>/        java/*.java, compiled
 *   golden-<hash>/       ../../test/golden/kafka-streams/java/*.java, compiled
 *   runs/<id>/           one cluster's configuration, logs and data, removed when it stops
 * ```
 */
export const HOME = process.env.PERIDOT_KAFKA_HOME ?? join(homedir(), ".cache", "peridot-kafka");

/** The version of the tools, of Kafka Streams and, unless asked otherwise, of the brokers. */
export const KAFKA_VERSION = "4.3.1";

const here = import.meta.dirname;

/** argv of a Java program: run here, or in the container `tools` where only Docker is at hand. */
export function javaCommand(args: readonly string[]): readonly [string, ...string[]] {
  return command("java", args);
}

/** The jars of a broker of this version, as one class path. */
export async function brokerJars(version: string): Promise<string> {
  const folder = version.startsWith("3.") ? join(here, "broker-3") : here;
  return `${await jarsOf(join(folder, "pom.xml"), version)}/*`;
}

/** The compiled tools, without the jars that they need. */
export function toolClasses(): Promise<string> {
  return classesOf("tools", join(here, "java"));
}

/** A folder's Java sources, compiled against Kafka's jars. */
export function classesOf(name: string, folder: string): Promise<string> {
  return once(name, async () => {
    const sources = globSync("*.java", { cwd: folder }).sort();
    const texts = sources.map((file) => readFileSync(join(folder, file)));
    const jars = await brokerJars(KAFKA_VERSION);
    const logging = readFileSync(join(here, "log4j2.properties"));
    return made(`${name}-${hashOf([jars, logging, ...texts])}`, async (directory) => {
      writeFileSync(join(directory, "log4j2.properties"), logging);
      // the container sees the cache only, so the sources are compiled from there
      const copies = sources.map((file) => join(directory, file));
      sources.forEach((file, index) => {
        cpSync(join(folder, file), copies[index]!);
      });
      const flags = ["--release", "17", "-nowarn", "-proc:none", "-cp", jars, "-d", directory];
      await finished(launch(command("javac", [...flags, ...copies])));
    });
  });
}

function jarsOf(pom: string, version: string): Promise<string> {
  return once(`${pom} ${version}`, () => {
    const text = readFileSync(pom);
    return made(`jars-${version}-${hashOf([text])}`, async (directory) => {
      const copy = join(directory, "pom.xml");
      cpSync(pom, copy);
      const goal = [
        "dependency:copy-dependencies",
        "-DincludeScope=runtime",
        `-DoutputDirectory=${directory}`,
      ];
      await finished(launch(command("mvn", ["-q", "-B", "-f", copy, `-Dkafka.version=${version}`, ...goal])));
    });
  });
}

/** Makes a directory of the cache unless it is there; half-made ones are never seen under their name. */
async function made(name: string, make: (directory: string) => Promise<void>): Promise<string> {
  const directory = join(HOME, name);
  if (existsSync(directory)) return directory;
  const draft = `${directory}.draft-${process.pid}`;
  mkdirSync(draft, { recursive: true });
  try {
    await make(draft);
    renameSync(draft, directory);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(directory)) throw error; // else another process was quicker
  }
  return directory;
}

const running = new Map<string, Promise<string>>();

function once(name: string, make: () => Promise<string>): Promise<string> {
  let promise = running.get(name);
  if (promise === undefined) running.set(name, (promise = make()));
  return promise;
}

function command(program: string, args: readonly string[]): readonly [string, ...string[]] {
  if (hasJava()) return [program, ...args];
  const compose = join(here, "..", "..", "docker-compose.yml");
  return ["docker", "compose", "-f", compose, "run", "--rm", "-T", "--no-deps", "tools", program, ...args];
}

function hashOf(parts: readonly (string | Buffer)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, 12);
}
