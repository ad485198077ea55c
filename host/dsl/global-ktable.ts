import { globalView, type TableView } from "../topology/table-view.ts";
import type { NodeLog } from "./node-log.ts";

/** A table that every instance holds in full, so that any record may be joined with any row. */
export class GlobalKTable<K, V> {
  /** The name by which queries ask for it, and processors. */
  readonly queryableStoreName: string;
  readonly #log: NodeLog;
  /** There is nothing here at run time. */
  declare readonly globalTypes: { readonly key: K; readonly value: V };

  /** Global tables come from StreamsBuilder#globalTable. */
  constructor(log: NodeLog, store: string) {
    this.#log = log;
    this.queryableStoreName = store;
  }

  /** For KStream#join. */
  get joinable(): { readonly log: NodeLog; readonly view: TableView } {
    return { log: this.#log, view: globalView(this.queryableStoreName) };
  }
}
