import assert from "node:assert/strict";
import { test } from "node:test";
import * as batch from "../../kernels/abi/batch.ts";
import * as errors from "../../kernels/abi/errors.ts";
import * as expression from "../../kernels/abi/expression.ts";
import * as field from "../../kernels/abi/field.ts";
import * as filter from "../../kernels/abi/filter.ts";
import * as form from "../../kernels/abi/form.ts";
import * as descriptor from "../../kernels/abi/json-descriptor.ts";
import * as limits from "../../kernels/abi/limits.ts";
import * as recordBatch from "../../kernels/abi/record-batch-v2.ts";
import * as sink from "../../kernels/abi/sink.ts";

test("addresses are positive i32s, and what must fit in memory does", () => {
  assert.ok(limits.MEMORY_PAGES_MAX * 65536 < 2 ** 31);
  assert.ok(limits.INPUT_BYTES_MAX < (limits.MEMORY_PAGES_MAX * 65536) / 2);
  assert.ok(limits.SINK_SEALED_BYTES_MAX >= 2 * limits.BATCH_BYTES_DEFAULT);
});

test("a batch of one record of the default size can be made", () => {
  assert.ok(limits.BATCH_BYTES_DEFAULT < limits.RECORD_BYTES_DEFAULT);
  assert.ok(limits.RECORD_BYTES_DEFAULT + recordBatch.RECORDS_AT < limits.BATCH_BYTES_MAX);
});

test("what a SIMD load or a long varint reads past an end is padding", () => {
  assert.ok(limits.PAD_BYTES >= 16 + 2 * recordBatch.VARLONG_BYTES_MAX + recordBatch.VARINT_BYTES_MAX);
});

test("a row's number fits an error code's column, a selection and a sequence of a record batch", () => {
  assert.ok(limits.BATCH_ROWS_MAX <= 2 ** 31);
  assert.ok(limits.BATCH_RECORDS_MAX <= 2 ** 31);
  for (const [name, code] of Object.entries(errors)) assert.ok(code > 0 && code < 2 ** 16, name);
});

test("error codes are unique", () => {
  const codes = Object.values(errors);
  assert.equal(new Set(codes).size, codes.length);
});

test("layouts nest", () => {
  assert.ok(field.FIELD_SLOTS_AT + 2 * limits.FIELD_DEPTH_MAX <= field.FIELD_BYTES);
  assert.ok(filter.NODE_FIELD_AT + field.FIELD_BYTES <= filter.NODE_NUMBER_AT);
  assert.ok(expression.EXPRESSION_NODE_NUMBER_AT + 8 <= expression.EXPRESSION_NODE_BYTES);
  assert.ok(descriptor.OUTPUT_NO_SLOT > 4 + 2 * 2 * descriptor.JSON_FIELDS_MAX); // a vtable with all null marks
  assert.ok(form.FORM_FIELD_AT + field.FIELD_BYTES <= form.FORM_PART_BYTES);
  assert.equal(form.FORM_HEADERS_AT, 2 * form.FORM_PART_BYTES);
  assert.ok(sink.SINK_REFUSED_AT + 4 <= sink.SINK_BUILDERS_AT);
  assert.ok(sink.BUILDER_ROOM_HINT_AT + 4 <= sink.BUILDER_BYTES);
  assert.ok(batch.BATCH_VTABLE_AT + batch.BATCH_VTABLE_BYTES <= batch.BATCH_TABLE_AT);
  assert.ok(batch.BATCH_TABLE_AT + batch.BATCH_TABLE_BYTES <= batch.BATCH_COLUMNS_AT);
  assert.equal(batch.BATCH_BYTES_SLOT - batch.BATCH_OFFSET_DELTA_SLOT, 2 * batch.BATCH_COLUMNS);
});
