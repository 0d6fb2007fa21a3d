import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkArguments, readArguments, writeArguments } from './arguments.ts';
import { upstreamVariable } from './environment.ts';

const parse = (text: string) => {
  const read = readArguments(text.split(' '));
  return read.ok ? checkArguments(read.value) : read;
};

describe('the command line of a workload', () => {
  it('takes everything it says, and leaves the command alone', () => {
    const line =
      '--dir d --service cart -n shop --port 8080 --upstream ledger.pay:7000=17000 --upstream db:5432 -- node app.ts --port 9';
    expect(parse(line)).toEqual({
      ok: true,
      value: {
        ...{
          dir: 'd',
          service: 'shop/cart',
          serviceAccount: 'default',
          port: 8080,
          command: ['node', 'app.ts', '--port', '9'],
        },
        upstreams: [
          { service: 'pay/ledger', port: 7000, localPort: 17000 },
          { service: 'shop/db', port: 5432, localPort: 0 },
        ],
      },
    });
  });

  it('reads what it writes, whatever the values look like', () => {
    const text = fc.string({ minLength: 1 });
    const raw = fc.record(
      {
        ...{ dir: text, service: text, namespace: text, serviceAccount: text, port: text },
        ...{ upstream: fc.array(text, { minLength: 1 }), command: fc.array(text) },
      },
      { requiredKeys: ['command'] },
    );
    fc.assert(
      fc.property(raw, (given) => {
        expect(readArguments(writeArguments(given))).toEqual({ ok: true, value: given });
      }),
    );
  });

  it.each([
    ['--port 8080', '--service'],
    ['--service Cart', '--service'],
    ['--service cart -n a_b', '--namespace'],
    ['--service cart --port 70000', '--port'],
    ['--service cart --port 0', '--port'],
    ['--service cart --port 1e3', '--port'],
    ['--service cart --upstream ledger', '--upstream'],
    ['--service cart --upstream ledger.shop:0', '--upstream'],
    ['--service cart --upstream ledger.shop:70000', '--upstream'],
    ['--service cart --upstream=-x.shop:7000', '--upstream'],
    ['--service cart --upstream', 'command line'],
    ['--service cart --nonsense', 'command line'],
  ])('refuses %s, and names %s', (line, subject) => {
    const checked = parse(line);
    expect(checked.ok ? 'accepted' : checked.error.subject).toBe(subject);
  });

  it('names the variable of an upstream so that a shell can read it', () => {
    expect(upstreamVariable({ service: 'my-shop/order-book' as never, port: 7000 })).toBe(
      'ISTHMUS_ORDER_BOOK_MY_SHOP_7000',
    );
  });
});
