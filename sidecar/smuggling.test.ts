/**
 * S10: some hundred ways to frame a request so that two readers may disagree where it ends, each followed by bytes that
 * would be a second request to the one who reads it wrongly. Whatever the sidecars make of one, the application behind
 * them, which reads with Node's parser, must see exactly the requests that the client was answered.
 */
import { afterEach, expect, it } from 'vitest';
import { startHttpApp, until } from './testing/applications.ts';
import { rawClient } from './testing/raw-client.ts';
import { createRunningMesh, service, type RunningMesh } from './testing/running-mesh.ts';

let running: RunningMesh;
afterEach(() => running.stop());

const PATIENCE_MS = 300;
const HOST = 'cart.shop.svc.clusterset.local';

/** Lines of a head, each ended by CRLF but where they say otherwise. */
const FRAMINGS: readonly string[] = [
  '',
  'Content-Length: 0\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: 5\r\nContent-Length: 5\r\n',
  'Content-Length: 5\r\nContent-Length: 0\r\n',
  'Content-Length: 5, 5\r\n',
  'Content-Length: +5\r\n',
  'Content-Length: -5\r\n',
  'Content-Length: 0x5\r\n',
  'Content-Length: 5 \r\n',
  'Content-Length: \t5\r\n',
  'Content-Length: 5 5\r\n',
  'Content-Length: 05\r\n',
  'Content-Length: 5.0\r\n',
  'Content-Length:\r\n',
  'Content-Length : 5\r\n',
  'Content_Length: 5\r\n',
  'Content-Length\0: 5\r\n',
  'X: a\nContent-Length: 5\r\n',
  'X: a\rContent-Length: 5\r\n',
  ' Content-Length: 5\r\n',
  'X: a\r\n Content-Length: 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: CHUNKED\r\n',
  'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n',
  'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n',
  'Transfer-Encoding: chunked, chunked\r\n',
  'Transfer-Encoding: chunked, identity\r\n',
  'Transfer-Encoding: identity, chunked\r\n',
  'Transfer-Encoding: identity\r\nContent-Length: 5\r\n',
  'Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n',
  'Transfer-Encoding: "chunked"\r\n',
  'Transfer-Encoding: chunked;q=1\r\n',
  'Transfer-Encoding:\u000bchunked\r\n',
  'Transfer-Encoding: chunked\u0000\r\n',
  'Transfer-Encoding : chunked\r\n',
  'Transfer_Encoding: chunked\r\n',
  'Transfer-Encoding\r\n: chunked\r\n',
  'X: a\nTransfer-Encoding: chunked\r\n',
  'X: a\r\n\tTransfer-Encoding: chunked\r\n',
  'Connection: content-length\r\nContent-Length: 5\r\n',
  'Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n',
  'Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n',
  'Expect: 100-continue\r\nContent-Length: 5\r\n',
];

const BODIES: readonly string[] = [
  '',
  'hello',
  '0\r\n\r\n',
  '5\r\nhello\r\n0\r\n\r\n',
  '5;a=b\r\nhello\r\n0\r\nTrailer: x\r\n\r\n',
  '5 \r\nhello\r\n0\r\n\r\n',
  '5;\rX\r\nhello\r\n0\r\n\r\n',
  '5\nhello\n0\n\n',
  '+5\r\nhello\r\n0\r\n\r\n',
  '0x5\r\nhello\r\n0\r\n\r\n',
  '-1\r\nhello\r\n0\r\n\r\n',
  '10000000000000005\r\nhello\r\n0\r\n\r\n',
  '5\r\nhelloX\r\n0\r\n\r\n',
  '5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n',
];

function corpus(): readonly string[] {
  const versions = ['HTTP/1.1', 'HTTP/1.0'];
  return versions.flatMap((version) =>
    FRAMINGS.flatMap((framing) =>
      BODIES.map((body) => `POST /case-N ${version}\r\nHost: ${HOST}\r\n${framing}\r\n${body}`),
    ),
  );
}

it('the application sees what the client was answered, and no request more (S10)', async () => {
  running = createRunningMesh({ east: 'eu/eu-1' }, [service('web'), service('cart')]);
  const app = await startHttpApp((request, response) => {
    request.resume().on('end', () => response.end('done'));
  });
  running.keep(app.stop);
  await running.start({ cluster: 'east', service: 'cart', appPort: app.port });
  const { sidecar } = await running.start({ cluster: 'east', service: 'web' });

  const seenOf = (n: number): readonly (string | undefined)[] =>
    app.requests.map(({ url }) => url).filter((url) => url?.endsWith(`-${n}`) === true);

  /** Sends one case; answers the statuses that came by the time that nothing more can be expected. */
  const statusesOf = async (text: string, n: number): Promise<readonly number[]> => {
    const client = await rawClient(sidecar.httpProxyAddress);
    const second = `GET /second-N HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
    client.socket.write(Buffer.from((text + second).replaceAll('-N', `-${n}`), 'latin1'));
    const statuses = (): readonly number[] =>
      [...client.text().matchAll(/HTTP\/1\.1 ([2-5]\d\d) /g)].map(([, code]) => Number(code));
    const has = (count: number): boolean => client.ended() || client.closed() || statuses().length >= count;
    // A sidecar that waits for the rest of a body says nothing; but whatever the application saw will be answered.
    await until(`two answers to case ${n}`, () => has(2), PATIENCE_MS).catch(() => undefined);
    await until(`answers to case ${n}`, () => has(seenOf(n).length));
    client.socket.destroy();
    return statuses();
  };
  const cases = corpus();
  expect(cases.length).toBeGreaterThan(1000);
  const outcomes: {
    accepted: number;
    seen: number;
    second: boolean;
    statuses: readonly number[];
    text: string;
  }[] = [];
  for (let at = 0; at < cases.length; at += 60) {
    await Promise.all(
      cases.slice(at, at + 60).map(async (text, i) => {
        const n = at + i;
        const statuses = await statusesOf(text, n);
        const urls = seenOf(n);
        const accepted = statuses.filter((status) => status === 200).length;
        outcomes.push({ accepted, seen: urls.length, second: urls.includes(`/second-${n}`), statuses, text });
      }),
    );
  }
  // One whose connection was cut by who refused what followed it may have been seen without an answer.
  const cut = outcomes.filter(({ statuses, seen }) => statuses.length === 0 && seen === 1);
  const told = outcomes.filter((outcome) => !cut.includes(outcome));
  expect(told.filter(({ accepted, seen }) => accepted !== seen)).toEqual([]);
  // Who refuses one closes: nothing after it is read. A second request is seen after an answered first one alone.
  expect(outcomes.filter(({ second, accepted }) => second && accepted !== 2)).toEqual([]);
  // The plain ones are let through, and most others refused: otherwise the above says nothing.
  const refused = outcomes.filter(({ accepted }) => accepted === 0).length;
  expect(refused).toBeGreaterThan(cases.length / 2);
  expect(cases.length - refused).toBeGreaterThan(20);
  // Both are alive.
  expect(
    await statusesOf(`POST /case-N HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 5\r\n\r\nhello`, 99_999),
  ).toEqual([200, 200]);
}, 60_000);
