/** Node's zlib raises the same code when `maxOutputLength` is reached. */
export const TOO_LARGE = "ERR_BUFFER_TOO_LARGE";

export function outputTooLarge(): Error {
  return Object.assign(new RangeError("more bytes than allowed"), { code: TOO_LARGE });
}
