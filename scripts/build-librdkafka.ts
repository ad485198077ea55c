import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/**
 * `npm run build:librdkafka`: builds the addon of @confluentinc/kafka-javascript, with the librdkafka that its package
 * ships, for the Node that the scripts run on. About 2 minutes; nothing where it is built already. npm does not build
 * it (allowScripts in package.json), so that an installation is quick and needs no compiler.
 *
 * Needs python3, make and a C++ compiler, and on Debian libcurl4-openssl-dev libssl-dev libsasl2-dev libzstd-dev
 * liblz4-dev zlib1g-dev.
 */
const PACKAGE = "@confluentinc/kafka-javascript";
const require = createRequire(import.meta.url);
const folder = dirname(require.resolve(`${PACKAGE}/package.json`));

process.exitCode = loads() ? 0 : build();

/** In a process of its own: an addon cannot be unloaded. */
function loads(): boolean {
  const { status } = spawnSync(process.execPath, ["-e", `require(${JSON.stringify(folder)})`], {
    stdio: "ignore",
  });
  return status === 0;
}

function build(): number {
  const nodeGyp = process.env.npm_config_node_gyp;
  if (nodeGyp === undefined) {
    console.error("Run this as npm run build:librdkafka: it uses the node-gyp that npm brings along");
    return 1;
  }
  rmSync(join(folder, "build"), { recursive: true, force: true });
  const headers = nodeHeaders();
  try {
    // node-gyp's environment goes before its arguments.
    const env = { ...process.env, CKJS_LINKING: "dynamic", npm_config_nodedir: headers.folder };
    const { status } = spawnSync(process.execPath, [nodeGyp, "rebuild"], {
      cwd: folder,
      env,
      stdio: "inherit",
    });
    if (status === 0 && loads()) return 0;
    console.error(
      `${PACKAGE} was not built. It needs python3, make, a C++ compiler, and the headers of curl, OpenSSL, SASL, zstd, lz4 and zlib`,
    );
    return 1;
  } finally {
    headers.remove();
  }
}

/** Beside a Node that was unpacked whole stand its headers; for others they come from the package of its binary. */
function nodeHeaders(): { readonly folder: string; readonly remove: () => void } {
  const beside = dirname(dirname(process.execPath));
  if (existsSync(join(beside, "include", "node", "node.h"))) return { folder: beside, remove: () => {} };
  const target = mkdtempSync(join(tmpdir(), "node-headers-"));
  const name = `node-${process.platform}-${process.arch}@${process.versions.node}`;
  const packed = execFileSync("npm", ["pack", name, "--silent", "--pack-destination", target], {
    encoding: "utf8",
  });
  execFileSync("tar", ["xzf", join(target, packed.trim()), "-C", target]);
  return {
    folder: join(target, "package"),
    remove: () => rmSync(target, { recursive: true, force: true }),
  };
}
