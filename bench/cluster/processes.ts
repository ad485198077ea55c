import { type ChildProcess, spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";

/** A child process, with what it has said. It is killed when this process ends, however that happens in order. */
export interface Launched {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Its output so far, the last `SAID_MAX` characters; read from the log file where it has one. */
  said(): string;
  /** Resolves once it has said this, or has ended. Only without `log`. */
  says(words: string): Promise<void>;
  /** Exit status or signal, once it has ended. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** SIGTERM, then SIGKILL if it has not ended within `patienceMs`. */
  stop(patienceMs?: number): Promise<number | NodeJS.Signals>;
  /** SIGKILL, without warning. */
  kill(): Promise<number | NodeJS.Signals>;
}

export interface LaunchOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Appends standard output and error to this file instead of keeping them. */
  readonly log?: string;
}

const SAID_MAX = 100_000;
const alive = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

/** Its standard input stays open as long as this process lives: see java/Guarded.java. */
export function launch(argv: readonly [string, ...string[]], options: LaunchOptions = {}): Launched {
  const { log } = options;
  const file = log === undefined ? undefined : openSync(log, "a");
  const child = spawn(argv[0], argv.slice(1), {
    stdio: ["pipe", file ?? "pipe", file ?? "pipe"],
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  alive.add(child);
  let said = "";
  const waiting = new Set<() => void>();
  const hear = (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-SAID_MAX);
    for (const look of waiting) look();
  };
  child.stdout?.on("data", hear);
  child.stderr?.on("data", hear);
  child.stdin?.on("error", () => {}); // the child may end first
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.on("error", (error) => {
      said += String(error);
      resolve(127);
    });
    child.on("close", (code, signal) => {
      alive.delete(child);
      resolve(code ?? signal ?? 1);
    });
  });
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return ended;
  };
  return {
    child,
    pid: child.pid ?? -1,
    said: () => (log === undefined ? said : readFileSync(log, "utf8").slice(-SAID_MAX)),
    ended,
    says: (words) =>
      new Promise((resolve) => {
        const look = () => {
          if (said.includes(words)) resolve();
        };
        waiting.add(look);
        look();
        void ended.then(() => resolve());
      }),
    kill: () => end("SIGKILL"),
    async stop(patienceMs = 30_000) {
      const impatience = setTimeout(() => child.kill("SIGKILL"), patienceMs);
      const status = await end("SIGTERM");
      clearTimeout(impatience);
      return status;
    },
  };
}

/** What it printed, once it has ended well; else an error with what it said. */
export async function finished(launched: Launched): Promise<string> {
  const status = await launched.ended;
  if (status !== 0) {
    throw new Error(
      `${launched.child.spawnargs.slice(0, 3).join(" ")} … ended with ${status}:\n${launched.said()}`,
    );
  }
  return launched.said();
}
