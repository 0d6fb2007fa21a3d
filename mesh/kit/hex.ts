/** Lower-case hex of bytes, and back; undefined for what is not hex. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export function fromHex(text: string): Uint8Array | undefined {
  return /^([0-9a-f]{2})*$/.test(text) ? Buffer.from(text, 'hex') : undefined;
}
