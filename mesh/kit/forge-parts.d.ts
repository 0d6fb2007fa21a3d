declare module 'node-forge/lib/forge.js' {
  import type forge from 'node-forge';
  const parts: typeof forge;
  export = parts;
}
declare module 'node-forge/lib/asn1.js';
declare module 'node-forge/lib/hmac.js';
declare module 'node-forge/lib/sha256.js';
