import { suite } from "node:test";
import { adminConformance } from "./admin.ts";
import { consumerConformance } from "./consumer.ts";
import { groupConformance } from "./group.ts";
import type { TransportUnderTest } from "./harness.ts";
import { producerConformance } from "./producer.ts";
import { recordsConformance } from "./records.ts";
import { transactionConformance } from "./transactions.ts";

/** The guarantees of host/transport/port.ts, each tried from outside. Every implementation passes it. */
export function transportConformance(under: TransportUnderTest): void {
  suite(`the transport port: ${under.name}`, () => {
    adminConformance(under);
    producerConformance(under);
    recordsConformance(under);
    consumerConformance(under);
    transactionConformance(under);
    groupConformance(under);
  });
}
