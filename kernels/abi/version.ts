/** Raised with every change of a layout, an export or a code: host and module must agree (`abiVersion`). */
export const ABI_VERSION = 3;
