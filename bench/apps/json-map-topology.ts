import { json, type StreamsBuilder, string } from "peridot-streams";
import { Address } from "./address.ts";

const { INPUT = "in", OUTPUT = "out" } = process.env;

/** The main job: JSON records in, the same out with lower-case field names. INPUT and OUTPUT name the topics. */
export default function (builder: StreamsBuilder): void {
  builder
    .stream(INPUT, { key: string, value: json(Address) })
    .mapValues({ address: "Address", city: "City", state: "State", postcode: "Postcode" })
    .to(OUTPUT);
}
