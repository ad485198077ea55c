/** One version of a key's value; a null value: from then on there was none. */
export interface Version {
  /** From when on it is valid, in milliseconds since the epoch: up to the next newer one's. */
  readonly timestamp: number;
  readonly value: Uint8Array | null;
}

const HEAD_BYTES = 12;

/** All versions of a key, the newest first, as one value: of each its timestamp, its length (-1: null), its bytes. */
export function writeVersions(versions: readonly Version[]): Uint8Array {
  const bytes = versions.reduce((sum, { value }) => sum + HEAD_BYTES + (value?.length ?? 0), 0);
  const target = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const { timestamp, value } of versions) {
    target.writeBigInt64BE(BigInt(timestamp), at);
    target.writeInt32BE(value?.length ?? -1, at + 8);
    at += HEAD_BYTES;
    if (value === null) continue;
    target.set(value, at);
    at += value.length;
  }
  return target;
}

export function readVersions(bytes: Uint8Array | undefined): readonly Version[] {
  if (bytes === undefined) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const versions: Version[] = [];
  for (let at = 0; at < bytes.length; ) {
    const timestamp = Number(view.getBigInt64(at));
    const length = view.getInt32(at + 8);
    at += HEAD_BYTES;
    versions.push({ timestamp, value: length < 0 ? null : bytes.subarray(at, at + length) });
    at += Math.max(0, length);
  }
  return versions;
}

/** The version that was valid at a time; undefined: none was known then. */
export function versionAt(versions: readonly Version[], time: number): Version | undefined {
  return versions.find(({ timestamp }) => timestamp <= time);
}

/**
 * Puts a version among the others, in place of one of the same time.
 *
 * @param horizon what was replaced before it, nobody can ask for any more.
 */
export function withVersion(versions: readonly Version[], put: Version, horizon: number): readonly Version[] {
  const newer = versions.filter(({ timestamp }) => timestamp > put.timestamp);
  const older = versions.filter(({ timestamp }) => timestamp < put.timestamp);
  const all = [...newer, put, ...older];
  const kept = all.filter((_version, index) => index === 0 || all[index - 1]!.timestamp > horizon);
  // that nothing was there is not worth remembering where nothing is known before
  while (kept.length > 0 && kept.at(-1)!.value === null && kept.at(-1)!.timestamp < horizon) kept.pop();
  return kept;
}
