import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { endianness } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openOriginalOf, readSockaddr } from './original-destination.ts';

/** As linux/in.h and linux/in6.h lay it out. */
function sockaddr(family: number, port: number, address: string): Buffer {
  const bytes = Buffer.alloc(28);
  if (endianness() === 'LE') bytes.writeUInt16LE(family);
  else bytes.writeUInt16BE(family);
  bytes.writeUInt16BE(port, 2);
  bytes.write(address, family === 2 ? 4 : 8, 'hex');
  return bytes;
}

describe('the original destination of a connection', () => {
  it.each([
    [2, '0a600005', '10.96.0.5'],
    [10, 'fd000000000000000000000000000005', 'fd00::5'],
    [10, '20010db8000000010000000000000001', '2001:db8:0:1::1'],
  ])('is read from a socket address of family %s', (family, hex, host) => {
    expect(readSockaddr(sockaddr(family, 8080, hex))).toEqual({ host, port: 8080 });
  });

  it('is none of another family, or of too few bytes', () => {
    expect(readSockaddr(sockaddr(1, 80, ''))).toBeUndefined();
    expect(readSockaddr(Buffer.alloc(27))).toBeUndefined();
  });

  it.skipIf(process.platform !== 'linux')('is none but its own where nothing was redirected', async () => {
    const originalOf = await openOriginalOf();
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = connect(port, '127.0.0.1');
    const [accepted] = (await once(server, 'connection')) as [Socket];
    // A kernel that tracks all connections answers where it went; one that does not answers nothing.
    expect([undefined, { host: '127.0.0.1', port }]).toContainEqual(originalOf(accepted));
    client.destroy();
    accepted.destroy();
    expect(originalOf(accepted)).toBeUndefined();
  });
});
