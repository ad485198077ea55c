import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Of what we write; a newer one is not ours to read. */
const FORMAT = 1;
const FORMAT_FILE = "format.json";
/** There while the environment is closed, and was closed cleanly. */
const CLOSED_FILE = "closed.json";
const DATA_FILE = "data.mdb";
const ASIDE_MAX = 2;

const VERIFIER = new URL(
  import.meta.url.endsWith(".ts") ? "./verify-files.ts" : "./verify-files.js",
  import.meta.url,
);

/** Whether an environment may be opened. @returns what is wrong with it; undefined: nothing, or there is none. */
export async function unsound(path: string): Promise<string | undefined> {
  if (!existsSync(path)) return undefined;
  const data = join(path, DATA_FILE);
  if (!existsSync(data) || statSync(data).size === 0) {
    return jsonIn(path, CLOSED_FILE) === undefined ? undefined : "has lost its data";
  }
  const format = jsonIn(path, FORMAT_FILE)?.format;
  if (typeof format !== "number") return "is not ours, or has lost its format";
  if (format > FORMAT) return `is of the newer format ${format}; this version knows ${FORMAT}`;
  if (jsonIn(path, CLOSED_FILE)?.bytes === statSync(data).size) return undefined;
  return (await isReadable(path)) ? undefined : "is damaged";
}

/** A process of its own reads all of it: LMDB may kill who reads damaged pages. What is sound is so at the second look, too. */
async function isReadable(path: string): Promise<boolean> {
  return (await readsAll(path)) || (await readsAll(path));
}

function readsAll(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(process.execPath, [fileURLToPath(VERIFIER), path], (_error, said) => resolve(said === "sound"));
  });
}

/** From now on an end is an unclean one. */
export function markOpen(path: string): void {
  if (!existsSync(join(path, DATA_FILE)))
    writeFileSync(join(path, FORMAT_FILE), JSON.stringify({ format: FORMAT }));
  rmSync(join(path, CLOSED_FILE), { force: true });
}

export function markClosed(path: string): void {
  const { size } = statSync(join(path, DATA_FILE));
  writeFileSync(join(path, CLOSED_FILE), JSON.stringify({ bytes: size }));
}

/** Keeps what was found beside it, and the one before. @returns its new name. */
export function setAside(path: string): string {
  const prefix = `${basename(path)}.damaged-`;
  const older = readdirSync(dirname(path))
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number(name.slice(prefix.length)))
    .sort((a, b) => a - b);
  const aside = join(dirname(path), `${prefix}${(older.at(-1) ?? 0) + 1}`);
  for (const number of older.slice(0, Math.max(0, older.length - ASIDE_MAX + 1)))
    rmSync(join(dirname(path), `${prefix}${number}`), { recursive: true, force: true });
  renameSync(path, aside);
  return aside;
}

function jsonIn(path: string, file: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(readFileSync(join(path, file), "utf8"));
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
