// What authors of kernels import: `import { Emitter, Row } from "peridot-streams/kernel"`. kernel.d.ts tells editors.
export { Batch } from "./author/batch";
export { Emitter } from "./author/emitter";
export { Json } from "./author/json";
export { Row } from "./author/row";
export { Span } from "./author/span";
export { Writer } from "./author/writer";
