import { tableSource } from "../operators/table-source.ts";
import type { NodeId } from "../topology/node.ts";
import type { AnySerde } from "../topology/serde.ts";
import type { StoreSpec } from "../topology/store-spec.ts";
import { KTable } from "./ktable.ts";
import { type Materialized, materializedSpec, storeName } from "./materialized.ts";
import type { NodeLog } from "./node-log.ts";
import { appendRepartition } from "./repartitioned.ts";
import { sourceLink } from "./table-link.ts";

type KnownTable<K, V> = KTable<K, V, "key" | "value">;

interface Serdes {
  readonly key: AnySerde | undefined;
  readonly value: AnySerde | undefined;
}

/** The table behind a source. @param name of its store, which exists where it is named by the user, or needed */
export function sourceTable<K, V>(
  log: NodeLog,
  source: NodeId,
  name: string,
  serdes: Serdes,
  materialized: Materialized<K, V>,
): KnownTable<K, V> {
  const role = "KTABLE-SOURCE";
  return tableBehind(log, source, serdes, materialized, {
    name,
    role,
    node: log.nameFor(role, materialized.name),
  });
}

/** KStream#toTable. */
export function tableOf<K, V>(
  log: NodeLog,
  stream: NodeId,
  serdes: Serdes,
  materialized: Materialized<K, V>,
): KnownTable<K, V> {
  const known = {
    key: (materialized.key as AnySerde | undefined) ?? serdes.key,
    value: (materialized.value as AnySerde | undefined) ?? serdes.value,
  };
  const role = "KSTREAM-TOTABLE";
  const node = log.nameFor(role, materialized.name);
  const name = storeName(log, "KSTREAM-TOTABLE", materialized);
  let parent = stream;
  if (log.changedKeys(stream)) {
    const { key, value } = materializedSpec(name, materialized, serdes);
    const through = { name: node, partitions: undefined, partitioner: undefined, errors: {}, key, value };
    parent = appendRepartition(log, stream, through);
  }
  return tableBehind(log, parent, known, materialized, { name, role, node });
}

/** The table that a node's records make. */
export function tableBehind<K, V>(
  log: NodeLog,
  parent: NodeId,
  serdes: Serdes,
  materialized: Materialized<K, V>,
  { name, role, node }: { readonly name: string; readonly role: string; readonly node: string },
): KnownTable<K, V> {
  const sends = { old: false };
  let isKept = materialized.store !== undefined;
  let spec: StoreSpec | undefined;
  const id = log.appendLate([parent], node, () => {
    if (isKept) spec ??= materializedSpec(name, materialized, serdes);
    return { operator: tableSource(role, spec?.name, sends), store: spec };
  });
  const { historyMs } = materialized;
  const kind = historyMs === undefined ? "timestamped-key-value" : "versioned";
  const link = sourceLink(
    sends,
    materialized.store,
    { name, kind, historyMs },
    () => isKept,
    () => {
      isKept = true;
    },
  );
  return new KTable(log, id, serdes, link);
}
