import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '../mesh/adapters/random/seeded-random.ts';
import { parseFlags } from './flags.ts';
import { placeGateway } from './placement.ts';

const CONFIG = {
  gateway: { host: '10.0.0.1', port: 15_443 },
  advertise: { host: 'east.example', port: 443 },
  zone: 'eu-1',
};

function place(line: string, config: Parameters<typeof placeGateway>[1] = CONFIG) {
  const flags = parseFlags(['--dir', '/c', ...line.split(' ').filter((part) => part !== '')]);
  if (!flags.ok) throw new Error(flags.error.message);
  return placeGateway(flags.value, config, createSeededRandom(1));
}

describe('the place of a gateway', () => {
  it.each([
    ['', { listen: '10.0.0.1:15443', advertise: 'east.example:443' }],
    ['--listen 10.0.0.2:1', { listen: '10.0.0.2:1', advertise: undefined }],
    ['--listen 0.0.0.0:1 --advertise a.example:2', { listen: '0.0.0.0:1', advertise: 'a.example:2' }],
    ['--advertise b.example:3', { listen: '10.0.0.1:15443', advertise: 'b.example:3' }],
  ])('with %j is %j', (line, wanted) => {
    const placed = place(line);
    if (!placed.ok) throw new Error(placed.error.message);
    const shown = (address?: { host: string; port: number }) => address && `${address.host}:${address.port}`;
    expect({ listen: shown(placed.value.listen), advertise: shown(placed.value.advertise) }).toEqual(wanted);
    expect(placed.value.zone).toBe('eu-1');
    expect(placed.value.name).toMatch(/^gateway-[0-9a-f]{8}$/);
  });

  it('takes zone and name from the flags first', () => {
    expect(place('--zone eu-2 --name g2')).toMatchObject({ value: { zone: 'eu-2', name: 'g2' } });
  });

  it.each(['0.0.0.0', '[::]'])('on every address (%s) needs to know how others reach it', (host) => {
    const placed = place(`--listen ${host}:1`);
    expect(placed.ok ? '' : placed.error.code).toBe('config_invalid');
    const bare = placeGateway(
      { dir: '/c', reusePort: false, admin: CONFIG.gateway },
      { gateway: { host: '0.0.0.0', port: 1 }, zone: 'z' },
      createSeededRandom(1),
    );
    expect(bare.ok).toBe(false);
  });
});
