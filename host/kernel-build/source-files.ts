import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The kernels' sources, beside host/ as beside dist/. */
const KERNELS = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "../../kernels/" : "../../../kernels/", import.meta.url),
);
/** The generated entry, which stands in no folder. */
export const ENTRY = "peridot-entry.ts";
/** How the compiler looks for the package that authors, and the entry, import. */
const OURS = /(?:^|\/)node_modules\/peridot-streams\/(.+\.ts)$/;

/**
 * The files that the compiler sees. A user's file is known by its absolute path without the leading slash, so that
 * files of any two folders may be built together; ours are the package peridot-streams, whichever folder they are in.
 */
export class SourceFiles {
  readonly #from: string;
  entry = "";

  /** @param from the folder that users' paths are relative to. */
  constructor(from: string) {
    this.#from = from;
  }

  /** The compiler's path of a user's file. */
  pathOf(file: string): string {
    return resolve(this.#from, file).replaceAll("\\", "/").replace(/^\//, "");
  }

  /** As the user knows it. */
  shown(path: string): string {
    return relative(this.#from, this.#onDisk(path)) || path;
  }

  isUsers(path: string): boolean {
    return path !== ENTRY && !path.startsWith("~lib/");
  }

  /** @param name of a function in the compiled module: its file's path, a slash and its name. */
  isUsersFunction(name: string): boolean {
    return !name.startsWith("~") && !name.startsWith(ENTRY.replace(".ts", ""));
  }

  read(name: string): string | null {
    const path = name.replaceAll("\\", "/").replace(/^\//, "");
    if (path === ENTRY) return this.entry;
    const ours = OURS.exec(path)?.[1];
    try {
      return readFileSync(ours === undefined ? this.#onDisk(path) : resolve(KERNELS, ours), "utf8");
    } catch {
      return null; // the compiler tries several endings, and says what it has not found
    }
  }

  #onDisk(path: string): string {
    return /^[A-Za-z]:\//.test(path) ? path : `/${path}`;
  }
}
