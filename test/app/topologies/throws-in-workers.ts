import { isMainThread } from "node:worker_threads";
import steered from "./steered.ts";

if (!isMainThread) throw new RangeError("only the main thread may load this");

export default steered;
