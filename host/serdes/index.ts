export type { Serde, SerdeType } from "../topology/serde.ts";
export { bytes } from "./bytes.ts";
export { f64 } from "./f64.ts";
export { i32 } from "./i32.ts";
export { i64 } from "./i64.ts";
export { json } from "./json.ts";
export { nullable } from "./nullable.ts";
export { string } from "./string.ts";
