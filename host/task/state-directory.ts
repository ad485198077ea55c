import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, realpathSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PeridotError } from "../errors.ts";

/**
 * The directory that an application instance keeps between its lives: its process id (a uuid that goes into the
 * transactional.ids, as in Kafka Streams' `kafka-streams-process-metadata`) and, later, its stores. One process at
 * a time may use it.
 */
export interface StateDirectory {
  readonly path: string;
  readonly processId: string;
  unlock(): Promise<void>;
}

const PROCESS_FILE = "peridot-process.json";

/**
 * Opens and locks `<root>/<applicationId>`, and makes it first where it is missing.
 *
 * @throws STATE_DIRECTORY_LOCKED where another process has it; STATE_DIRECTORY_BROKEN where it cannot be used.
 */
export async function openStateDirectory(
  root: string,
  applicationId: string,
  newId: () => string,
): Promise<StateDirectory> {
  const path = join(root, applicationId);
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new PeridotError("STATE_DIRECTORY_BROKEN", { path, problem: textOf(error) }, error);
  }
  const server = await lock(path);
  try {
    return { path, processId: processIdIn(path, newId), unlock: () => closed(server) };
  } catch (error) {
    await closed(server);
    throw error;
  }
}

function processIdIn(path: string, newId: () => string): string {
  const file = join(path, PROCESS_FILE);
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof parsed === "object" && parsed !== null && "processId" in parsed) {
      if (typeof parsed.processId === "string" && /^[\w-]{8,64}$/.test(parsed.processId))
        return parsed.processId;
    }
    throw new PeridotError("STATE_DIRECTORY_BROKEN", { path, problem: `${PROCESS_FILE} has no processId` });
  } catch (error) {
    if (!isCode(error, "ENOENT")) {
      if (error instanceof PeridotError) throw error;
      throw new PeridotError("STATE_DIRECTORY_BROKEN", { path, problem: textOf(error) }, error);
    }
  }
  const processId = newId();
  writeFileSync(`${file}.new`, JSON.stringify({ version: 1, processId }));
  renameSync(`${file}.new`, file);
  return processId;
}

// ---- the lock

/**
 * A listening socket named after the directory is the lock: the operating system lets go of it when the process
 * dies, however it dies, so that no stale lock is ever left. Linux has abstract sockets and Windows named pipes;
 * elsewhere a socket file on which nobody listens any more is taken over.
 */
async function lock(path: string): Promise<Server> {
  const name = lockName(path);
  const server = createServer((socket) => socket.destroy());
  server.unref();
  try {
    await listen(server, name);
  } catch (error) {
    if (!isCode(error, "EADDRINUSE")) {
      throw new PeridotError("STATE_DIRECTORY_BROKEN", { path, problem: textOf(error) }, error);
    }
    if (name.startsWith("\0") || (await answers(name)))
      throw new PeridotError("STATE_DIRECTORY_LOCKED", { path });
    unlinkSync(name);
    await listen(server, name);
  }
  return server;
}

function lockName(path: string): string {
  const digest = createHash("sha256").update(realpathSync(path)).digest("hex").slice(0, 32);
  if (process.platform === "linux") return `\0peridot-${digest}`;
  if (process.platform === "win32") return `\\\\.\\pipe\\peridot-${digest}`;
  return join(tmpdir(), `peridot-${digest}.sock`);
}

function listen(server: Server, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(name, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function answers(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(name);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
