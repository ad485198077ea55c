import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

/**
 * The server's side of SCRAM, as RFC 5802 section 3 has it: it knows StoredKey and ServerKey, never the password.
 * @returns what it answers to the client's first message, and to its final one: undefined where the proof is wrong.
 */
export function scramServer(hash: string, password: string, salt: Buffer, iterations: number, nonce: string) {
  const length = createHash(hash).digest().length;
  const salted = pbkdf2Sync(password, salt, iterations, length, hash);
  const digest = (bytes: Buffer) => createHash(hash).update(bytes).digest();
  const hmac = (key: Buffer, text: string) => createHmac(hash, key).update(text).digest();
  const storedKey = digest(hmac(salted, "Client Key"));
  const serverKey = hmac(salted, "Server Key");
  let bare = "";
  let first = "";
  return {
    challenge(clientFirst: Buffer): Buffer {
      bare = clientFirst.toString().slice("n,,".length);
      const clientNonce = /r=(.*)$/.exec(bare)![1]!;
      first = `r=${clientNonce}${nonce},s=${salt.toString("base64")},i=${iterations}`;
      return Buffer.from(first);
    },
    verify(clientFinal: Buffer): Buffer | undefined {
      const [, withoutProof, proof] = /^(.*),p=([^,]*)$/.exec(clientFinal.toString())!;
      const message = `${bare},${first},${withoutProof}`;
      const signature = hmac(storedKey, message);
      const clientKey = Buffer.from(Buffer.from(proof!, "base64").map((byte, at) => byte ^ signature[at]!));
      if (!digest(clientKey).equals(storedKey)) return undefined;
      return Buffer.from(`v=${hmac(serverKey, message).toString("base64")}`);
    },
  };
}
