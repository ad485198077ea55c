import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BatchBuilder } from "../../host/batch/batch-builder.ts";
import { writeHeaders } from "../../host/batch/headers.ts";
import type { RecordHeader } from "../../host/batch/record-header.ts";
import { buildKernels } from "../../host/kernel-build/build-kernels.ts";
import { type KernelInstance, openKernelInstance } from "../../host/wasm/kernel-instance.ts";
import { compileModule } from "../../host/wasm/kernel-module.ts";
import type { DecodedRows, KernelRefusal, UserKernel } from "../../host/wasm/user-kernel.ts";
import type { WasmModule } from "../../host/wasm/web-assembly.ts";

/**
 * The kernels of test/kernels/authors/. A build takes seconds, so test files share one: it is kept among the machine's
 * temporary files, under a name that is the hash of everything that it is made of.
 */
export async function authorsModule(): Promise<WasmModule> {
  return compileModule(await authorsPath());
}

export async function authorsPath(): Promise<string> {
  const root = join(import.meta.dirname, "../..");
  const hash = createHash("sha256");
  const sources = ["kernels/**/*.ts", "host/kernel-build/*.ts", "test/kernels/authors/*.ts"];
  for (const file of globSync(sources, { cwd: root }).sort()) hash.update(readFileSync(join(root, file)));
  const path = join(tmpdir(), `peridot-authors-${hash.digest("hex").slice(0, 32)}.wasm`);
  if (existsSync(path)) return path;
  const { wasm } = await buildKernels(
    [join(import.meta.dirname, "authors", "orders.ts")],
    import.meta.dirname,
  );
  writeFileSync(`${path}-${process.pid}`, wasm);
  renameSync(`${path}-${process.pid}`, path); // another test file may be doing the same
  return path;
}

/** A record as tests write it. */
export interface Written {
  readonly key?: string | Uint8Array | null;
  readonly value?: string | Uint8Array | null;
  readonly timestamp?: bigint;
  readonly headers?: readonly RecordHeader[];
}

/** A record that a kernel has made, with what it was made of. */
export interface Made {
  readonly key: string | null;
  readonly value: string | null;
  readonly timestamp: bigint;
  readonly row: number;
  readonly ordinal: number;
  readonly offset: bigint;
}

export interface Ran {
  readonly made: readonly Made[];
  readonly refusals: readonly KernelRefusal[];
  /** Calls that it took. */
  readonly runs: number;
}

/** Runs a kernel over records in batches of so many, and collects what comes of them. Rows count from the first. */
export function runKernel(
  kernels: KernelInstance,
  kernel: UserKernel,
  records: readonly Written[],
  batchRows = records.length,
  decode?: (
    batch: Parameters<UserKernel["run"]>[0],
    selection: Parameters<UserKernel["run"]>[1],
  ) => DecodedRows,
): Ran {
  const made: Made[] = [];
  const refusals: KernelRefusal[] = [];
  let runs = 0;
  const host = kernels.newHostBatch();
  const selection = kernels.newSelection(Math.max(1, batchRows));
  const builder = new BatchBuilder();
  for (let first = 0; first < records.length; first += batchRows) {
    for (const { key = null, value = null, timestamp = 0n, headers = [] } of records.slice(
      first,
      first + batchRows,
    )) {
      builder.append(key, value, timestamp, writeHeaders(headers));
    }
    host.load(builder.finish(BigInt(first)));
    selection.selectAll(host);
    const rows = decode?.(host, selection);
    for (let done = 0; done < selection.count; ) {
      done = kernel.run(host, selection, done, rows);
      runs++;
      const { rowOf, ordinalOf, batch } = kernel;
      for (let record = 0; record < kernel.records; record++) {
        made.push({
          key: batch.keyText(record),
          value: batch.valueText(record),
          timestamp: batch.timestampBigint(record),
          row: first + rowOf[record]!,
          ordinal: ordinalOf[record]!,
          offset: batch.offset(record),
        });
      }
      refusals.push(...kernel.refusals.map((refusal) => ({ ...refusal, row: first + refusal.row })));
    }
  }
  selection.close();
  host.close();
  return { made, refusals, runs };
}

/** An instance of a module of authors. */
export function instanceOf(module: WasmModule, memoryBytesMax?: number): KernelInstance {
  const kernels = openKernelInstance(module, {
    path: "authors.wasm",
    ...(memoryBytesMax === undefined ? {} : { memoryBytesMax }),
  });
  return kernels;
}
