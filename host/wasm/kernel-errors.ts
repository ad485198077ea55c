import * as errors from "../../kernels/abi/errors.ts";

type CodeName = keyof typeof errors;

/** What each code of kernels/abi/errors.ts says to a user. */
const PROBLEMS: Readonly<Record<CodeName, string>> = {
  ERROR_MEMORY_FULL: "the kernels' memory is full",
  ERROR_BATCH_MAGIC:
    "its magic byte is not 2: the record format is older than Kafka 0.11, or the bytes are damaged",
  ERROR_BATCH_CRC: "its CRC-32C does not match its bytes",
  ERROR_BATCH_COMPRESSED: "it is compressed, and should have been decompressed before",
  ERROR_BATCH_LENGTH: "its length is smaller than its header",
  ERROR_BATCH_COUNT: "its number of records is not that of the records in it",
  ERROR_BATCH_RECORD_LENGTH: "the length of a record in it is broken",
  ERROR_RECORD_VARINT: "a number in the record is too long or cut off",
  ERROR_RECORD_KEY_LENGTH: "the key is longer than the record",
  ERROR_RECORD_VALUE_LENGTH: "the value is longer than the record",
  ERROR_RECORD_HEADER_COUNT: "the number of headers is impossible",
  ERROR_RECORD_HEADER_LENGTH: "a header is longer than the record, or its key is null",
  ERROR_RECORD_LENGTH: "the record is longer than its fields",
  ERROR_RECORD_SERDE_LENGTH: "the bytes are not as many as the number's serde reads",
  ERROR_RECORD_TOO_LARGE: "the record is larger than the topic lets pass",
  ERROR_RECORD_KEY_MISSING: "the record has no key, and the topic is compacted",
  ERROR_JSON_UNEXPECTED: "JSON: a byte that is not allowed here",
  ERROR_JSON_TRUNCATED: "JSON: the value ends too early",
  ERROR_JSON_CONTROL_CHARACTER: "JSON: a control character in a string, which must be escaped",
  ERROR_JSON_ESCAPE: "JSON: a backslash that begins no escape",
  ERROR_JSON_UTF8: "JSON: a string is not UTF-8",
  ERROR_JSON_NUMBER: "JSON: a number without the digits it needs",
  ERROR_JSON_TYPE: "JSON: the value has not the type of the schema",
  ERROR_JSON_RANGE: "JSON: a number is out of its field's range, or not integral",
  ERROR_JSON_DEPTH: "JSON: nested too deeply",
  ERROR_JSON_TRAILING: "JSON: something stands behind the value",
  ERROR_JSON_FIELD_MISSING: "JSON: a field that the schema requires is absent",
  ERROR_JSON_FIELD_UNKNOWN: "JSON: a field that the schema does not allow",
  ERROR_KERNEL_REFUSED: "the kernel refuses the record",
  ERROR_KERNEL_OUTPUT_TOO_LARGE: "the kernel makes more of the record than a batch holds",
};

const PROBLEM_BY_CODE = new Map<number, string>(
  Object.entries(errors).map(([name, code]) => [code, PROBLEMS[name as CodeName]]),
);

/** A code's text. */
export function describeKernelError(code: number): string {
  return PROBLEM_BY_CODE.get(code) ?? `kernel error ${code}`;
}
