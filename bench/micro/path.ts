/** Output partitions of the job. */
export const PARTITIONS = 6;
/** Open output is finished at about this size, in bytes: that of a produce request. */
export const FLUSH_BYTES = 900_000;

/** One way to do the main job over fetched record batches. */
export interface Path {
  /** One fetched record batch, in; it may finish output. @returns its records. */
  push(fetched: Buffer): number;
  /** Finishes all output. @returns finished bytes since the last time. */
  flush(): number;
}

/** The main job's user function, for paths that call one. */
export function lowerCase(
  value: Readonly<Record<"Address" | "City" | "State" | "Postcode", string>>,
): object {
  return { address: value.Address, city: value.City, state: value.State, postcode: value.Postcode };
}
