/** The server name that OpenSSL finds in a ClientHello, as any TLS server of Node would. */
import tls from 'node:tls';
import { settled, Wire } from './node-requests.ts';

/** Undefined where it finds none, or takes the bytes for no ClientHello. */
export async function opensslName(hello: Uint8Array): Promise<string | undefined> {
  let found: string | undefined;
  const wire = new Wire();
  const socket = new tls.TLSSocket(wire, {
    isServer: true,
    SNICallback(name, done) {
      found = name;
      done(null, undefined);
    },
  });
  socket.on('error', () => undefined);
  wire.push(hello);
  await settled();
  socket.destroy();
  wire.destroy();
  return found;
}
