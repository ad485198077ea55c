import { execFile } from "node:child_process";
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Of what we write; a newer one is not ours to read. */
const FORMAT = 1;
const FORMAT_FILE = "format.json";
/** There while the environment is closed, and was closed cleanly. */
const CLOSED_FILE = "closed.json";
const DATA_FILE = "data.mdb";
const LOCK_FILE = "lock.mdb";
const ASIDE_MAX = 2;

const VERIFIER = new URL(
  import.meta.url.endsWith(".ts") ? "./verify-files.ts" : "./verify-files.js",
  import.meta.url,
);

/** Whether an environment may be opened. @returns what is wrong with it; undefined: nothing, or there is none. */
export async function unsound(path: string): Promise<string | undefined> {
  if (!existsSync(path)) return undefined;
  if (!statSync(path).isDirectory()) return "is not ours: it is no directory";
  const data = join(path, DATA_FILE);
  // so it is after an end in the midst of the first opening
  if (!existsSync(data) || statSync(data).size === 0)
    return jsonIn(path, CLOSED_FILE) === undefined ? undefined : "has lost its data";
  const format = jsonIn(path, FORMAT_FILE)?.format;
  if (typeof format !== "number") return "is not ours, or has lost its format";
  if (format > FORMAT) return `is of the newer format ${format}; this version knows ${FORMAT}`;
  if (format !== FORMAT) return `is of format ${format}; this version knows ${FORMAT}`;
  if (isAsClosed(path) && hasMetaPages(data)) return undefined;
  return (await isReadable(path)) ? undefined : "is damaged";
}

/** Nobody has written since it was closed. */
function isAsClosed(path: string): boolean {
  const closed = jsonIn(path, CLOSED_FILE);
  const { size, mtimeMs } = statSync(join(path, DATA_FILE));
  return closed?.bytes === size && closed.modifiedAt === mtimeMs;
}

/*
 * A meta page, of which a file begins with two (what LMDB 1.0 writes, little-endian):
 *
 *   0   page header, 24 bytes
 *   24  magic, u32
 *   28  version, u32
 *   48  bytes of a page, u32
 *   144 last page that is in use, u64
 *   152 transaction, u64
 */
const MAGIC_AT = 24;
const VERSION_AT = 28;
const PAGE_BYTES_AT = 48;
const LAST_PAGE_AT = 144;
const TRANSACTION_AT = 152;
const META_BYTES = 160;
const MAGIC = 0xbeefc0de;
const VERSION = 2;

/** Whether both meta pages are some, and the file has all the pages of the newer one. */
function hasMetaPages(data: string): boolean {
  const file = openSync(data, "r");
  try {
    const pageBytes = readMeta(file, 0)?.readUInt32LE(PAGE_BYTES_AT) ?? 0;
    const metas = [readMeta(file, 0), readMeta(file, pageBytes)];
    if (metas.some((meta) => meta?.readUInt32LE(PAGE_BYTES_AT) !== pageBytes)) return false;
    const [first, second] = metas as [Buffer, Buffer];
    const isFirst = first.readBigUInt64LE(TRANSACTION_AT) > second.readBigUInt64LE(TRANSACTION_AT);
    const pages = (isFirst ? first : second).readBigUInt64LE(LAST_PAGE_AT) + 1n;
    return pages * BigInt(pageBytes) <= BigInt(statSync(data).size);
  } finally {
    closeSync(file);
  }
}

function readMeta(file: number, at: number): Buffer | undefined {
  const meta = Buffer.alloc(META_BYTES);
  if (readSync(file, meta, 0, META_BYTES, at) < META_BYTES) return undefined;
  const isMeta = meta.readUInt32LE(MAGIC_AT) === MAGIC && meta.readUInt32LE(VERSION_AT) === VERSION;
  return isMeta ? meta : undefined;
}

/** A process of its own reads all of it: LMDB may kill who reads damaged pages. What is sound is so at the second look, too. */
async function isReadable(path: string): Promise<boolean> {
  discardLock(path);
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

/** Only processes that live have something in it, and nobody else has the environment open; a damaged one could kill. */
export function discardLock(path: string): void {
  rmSync(join(path, LOCK_FILE), { recursive: true, force: true });
}

export function markClosed(path: string): void {
  const { size, mtimeMs } = statSync(join(path, DATA_FILE));
  writeFileSync(join(path, CLOSED_FILE), JSON.stringify({ bytes: size, modifiedAt: mtimeMs }));
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
