import assert from "node:assert/strict";
import { test } from "node:test";
import { clusterSource } from "../../bench/cluster/source.ts";

const machine =
  (...commands: string[]) =>
  (command: string) =>
    commands.includes(command);

test("a cluster comes from BOOTSTRAP, else from a JDK with Maven, else from Docker", () => {
  const kinds = [
    clusterSource({ BOOTSTRAP: "a:1" }, machine("javac", "mvn", "docker")),
    clusterSource({}, machine("javac", "mvn", "docker")),
    clusterSource({ BOOTSTRAP: "" }, machine("javac", "docker")),
    clusterSource({ CLUSTER: "docker" }, machine("javac", "mvn", "docker")),
    clusterSource({ CLUSTER: "java" }, machine("docker")),
  ].map(({ kind }) => kind);
  assert.deepEqual(kinds, ["bootstrap", "java", "docker", "docker", "none"]);
});

test("without any, it says what to do", () => {
  const source = clusterSource({}, machine());
  assert.ok(source.kind === "none");
  assert.match(source.why, /BOOTSTRAP.*JDK.*Maven.*Docker/);
});
