import { codeOf } from "./code.ts";
import { type Finding, filesBelow, findingsOf, type Tree } from "./tree.ts";

const MACHINE_PATH = /(?<![\w.$}])\/(?:root|work|home|Users|mnt)\/[\w.-]+/g;

/** The project stands on any machine: no path of the one it was written on. */
export function machinePaths(tree: Tree): readonly Finding[] {
  return [...tree].flatMap(([file, text]) =>
    findingsOf(file, text, MACHINE_PATH, ([path]) => `${path} is a path of one machine`),
  );
}

const UNFINISHED = /\b(?:TODO|FIXME|XXX|HACK)\b/g;
const SILENCED = /@ts-(?:ignore|nocheck)\b/g;

/** What is left to do stands in an issue, and a checker is not silenced without its saying what it expects. */
export function unfinished(tree: Tree): readonly Finding[] {
  return [...filesBelow(tree, "host/", "kernels/", "bench/", "test/", "examples/", "scripts/")]
    .filter(([file]) => !file.startsWith("test/tidy"))
    .flatMap(([file, text]) => [
      ...findingsOf(file, text, UNFINISHED, ([word]) => `${word}: do it, or write an issue`),
      ...findingsOf(file, text, SILENCED, ([what]) => `${what}: use @ts-expect-error with a reason`),
    ]);
}

const FAST_ENOUGH = /\btimeout: /g;
const ALONE = /\b(?:test|it|describe|suite)\.only\b|\bonly: true/g;

/** A test fails because something is wrong, never because a machine is slow; and no test is run alone. */
export function testOptions(tree: Tree): readonly Finding[] {
  return [...filesBelow(tree, "test/")]
    .filter(([file]) => file.endsWith(".test.ts"))
    .flatMap(([file, text]) => {
      const code = codeOf(text);
      return [
        ...findingsOf(file, code, FAST_ENOUGH, "no time limits in tests"),
        ...findingsOf(file, code, ALONE, "the other tests are left out"),
      ];
    });
}
