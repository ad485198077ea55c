import { lmdb } from "../../host/state/lmdb/lmdb-backend.ts";
import { memory } from "../../host/state/memory-backend.ts";
import { backendConformance } from "./backend-conformance.ts";

backendConformance(memory);
backendConformance(lmdb);
