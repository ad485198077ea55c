import { isMainThread } from "node:worker_threads";
import { type StreamsBuilder, string } from "../../../host/index.ts";

/** Another plan in each worker. */
export default function (builder: StreamsBuilder): void {
  const stream = builder.stream("in", { key: string, value: string });
  const last = isMainThread ? stream : stream.filter((key) => key !== null);
  last.to("out", { key: string, value: string });
}
