export const topology = "without a default export";
