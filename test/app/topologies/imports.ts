import { setTimeout } from "node:timers/promises";
import { json, type StreamsBuilder, string } from "../../../host/index.ts";

/** Numbers, from a source that every thread could open and only the main one does. */
export default function (builder: StreamsBuilder): void {
  builder
    .import("numbers", {
      source: async function* (from: number | undefined) {
        for (let number = from ?? 0; number < 500; number++) {
          if (number % 5 === 0) await setTimeout(2);
          yield { key: `${number % 5}`, value: number, position: number + 1 };
        }
      },
      key: string,
      value: json<number>(),
      partitions: 4,
    })
    .mapValues((number) => number * 2)
    .export("doubles", { value: json<number>() });
}
