import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { formatFault } from '../../model/fault.ts';
import type { ServiceKey } from '../../model/names.ts';
import type { ResourceStore } from '../../ports/resource-store.ts';
import { systemClock } from '../clock/system-clock.ts';
import { openFolderStore } from './folder-store.ts';

const cart = 'shop/cart' as ServiceKey;
const service = (name: string, port: string | number = 80): string =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: shop}\nspec:\n  ports:\n  - port: ${port}\n`;
const failover = (threshold: string): string =>
  `apiVersion: isthmus.dev/v1alpha1\nkind: FailoverPolicy\nmetadata: {name: cart, namespace: shop}\nspec:\n  targetRef: {kind: ServiceImport, name: cart}\n  threshold: ${threshold}\n`;
const access = (spec: string): string =>
  `apiVersion: isthmus.dev/v1alpha1\nkind: AccessPolicy\nmetadata: {name: production-only, namespace: shop}\nspec: ${spec}\n`;

let dir: string;
let store: ResourceStore;

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'cluster-'));
  store = openFolderStore({ dir, place: { region: 'eu', zone: 'eu-1' }, clock: systemClock });
});
afterEach(async () => {
  await store.stop();
  rmSync(dir, { recursive: true, force: true });
});

function write(name: string, text: string): void {
  const file = path.join(dir, 'manifests', name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}
const faults = (): string[] => store.snapshot().faults.map(formatFault);
const watches = (): number => process.getActiveResourcesInfo().filter((one) => one === 'FSEventWrap').length;
const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 3000, interval: 5 });

describe('the folder store', () => {
  it('reads what is there, and sees files come, change and go', async () => {
    write('shop/cart.yaml', service('cart'));
    await store.start();
    expect(store.snapshot().services.get(cart)?.ports).toEqual([
      { name: '', port: 80, targetPort: 80, appProtocol: 'detect' },
    ]);
    write('shop/cart.yaml', service('cart', 81));
    await eventually(() => expect(store.snapshot().services.get(cart)?.ports[0]?.port).toBe(81));
    write('new/folder/web.yaml', service('web'));
    await eventually(() => expect([...store.snapshot().services.keys()]).toContain('shop/web'));
    rmSync(path.join(dir, 'manifests', 'shop', 'cart.yaml'));
    await eventually(() => expect([...store.snapshot().services.keys()]).toEqual(['shop/web']));
  });

  it('tells file, line and field of a mistake, and keeps the last good state', async () => {
    write('shop/failover.yaml', failover('60'));
    await store.start();
    write('shop/failover.yaml', failover('140'));
    await eventually(() =>
      expect(faults()).toEqual([
        'shop/failover.yaml:6: spec.threshold: 140 is over 100 (percent healthy below which a level spills)',
      ]),
    );
    expect(store.snapshot().failover.get(cart)?.threshold).toBe(60);
    write('shop/failover.yaml', failover('70'));
    await eventually(() => expect(store.snapshot().failover.get(cart)?.threshold).toBe(70));
    expect(faults()).toEqual([]);
  });

  it('lets a bad document or file affect only itself', async () => {
    write('a.yaml', `${service('cart')}---\n${service('web', '"x"')}---\n${service('pricing')}`);
    write('b.yaml', 'kind: [unclosed');
    write('c.yaml', `${service('kept')}`);
    await store.start();
    expect([...store.snapshot().services.keys()].sort()).toEqual(['shop/cart', 'shop/kept', 'shop/pricing']);
    expect(faults().map((text) => text.split(' ', 2).join(' '))).toEqual([
      'a.yaml:13: spec.ports[0].port:',
      expect.stringMatching(/^b\.yaml:1: /),
    ]);
    write('c.yaml', 'also: [broken');
    await eventually(() => expect(store.snapshot().faults).toHaveLength(3));
    expect(store.snapshot().services.has('shop/kept' as ServiceKey)).toBe(true);
  });

  it('closes what an access policy selects while it cannot be parsed (S12)', async () => {
    write('policy.yaml', access('{deny: [{from: [{cluster: development}]}]}'));
    await store.start();
    expect(store.snapshot().access.map(({ closed }) => closed)).toEqual([undefined]);
    write(
      'policy.yaml',
      access('{targetRef: {kind: Service, name: cart}, deny: [{from: [{clutser: development}]}]}'),
    );
    await eventually(() =>
      expect(store.snapshot().access).toMatchObject([
        { target: cart, closed: expect.stringContaining('clutser') as string },
      ]),
    );
    write('policy.yaml', access('{deny: [{from: [{cluster: development}]}]}'));
    await eventually(() => expect(store.snapshot().access[0]?.closed).toBeUndefined());
    write('policy.yaml', 'kind: AccessPolicy: broken');
    await eventually(() =>
      expect(store.snapshot().access.some(({ closed }) => closed !== undefined)).toBe(true),
    );
  });

  it('refuses system namespaces, doubled objects and unknown kinds', async () => {
    write('1.yaml', service('cart'));
    write('2.yaml', service('cart', 99));
    write('3.yaml', service('dns').replace('namespace: shop', 'namespace: kube-system'));
    write('4.yaml', 'apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n');
    await store.start();
    expect(store.snapshot().services.get(cart)?.ports[0]?.port).toBe(80);
    expect(store.snapshot().services.size).toBe(1);
    expect(store.snapshot().faults.map(({ code }) => code)).toEqual([
      'duplicate_manifest',
      'invalid_manifest',
      'unsupported_kind',
    ]);
  });

  it('names the kinds that it reads to who states none of them', async () => {
    write('1.yaml', 'just text');
    write('2.yaml', 'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n');
    await store.start();
    expect(faults()).toEqual([
      expect.stringMatching(/^1\.yaml:1: kind: is missing; Isthmus reads v1\/Namespace, v1\/Service, /),
      expect.stringMatching(/^2\.yaml:2: kind: "v1" "Pod" is none of them; Isthmus reads v1\/Namespace, /),
    ]);
  });

  it('follows links to files, and none to folders', async () => {
    write('shop/cart.yaml', service('cart'));
    mkdirSync(path.join(dir, 'elsewhere'));
    writeFileSync(path.join(dir, 'elsewhere', 'web.yaml'), service('web'));
    symlinkSync('../elsewhere/web.yaml', path.join(dir, 'manifests', 'web.yaml'));
    symlinkSync('.', path.join(dir, 'manifests', 'loop'));
    symlinkSync('nowhere', path.join(dir, 'manifests', 'dangling.yaml'));
    await store.start();
    expect([...store.snapshot().services.keys()].sort()).toEqual(['shop/cart', 'shop/web']);
    expect(faults()).toEqual([]);
  });

  it('holds one watch for each folder, whatever files are in it, and none for folders that went', async () => {
    for (let i = 0; i < 20; i++) write(`shop/cart-${i}.yaml`, service(`cart-${i}`));
    await store.start();
    await eventually(() => expect(watches()).toBe(2));
    write('crm/eu/mail.yaml', service('mail'));
    await eventually(() => expect(watches()).toBe(4));
    rmSync(path.join(dir, 'manifests', 'crm'), { recursive: true });
    await eventually(() => expect([watches(), store.snapshot().services.size]).toEqual([2, 20]));
    await store.stop();
    await eventually(() => expect(watches()).toBe(0));
  });

  it('follows a folder that was put in the place of another one', async () => {
    write('shop/cart.yaml', service('cart'));
    await store.start();
    const place = path.join(dir, 'manifests', 'shop');
    mkdirSync(path.join(dir, 'next'));
    writeFileSync(path.join(dir, 'next', 'web.yaml'), service('web'));
    renameSync(place, path.join(dir, 'last'));
    renameSync(path.join(dir, 'next'), place);
    await eventually(() => expect([...store.snapshot().services.keys()]).toEqual(['shop/web']));
    write('shop/till.yaml', service('till'));
    await eventually(() => expect([...store.snapshot().services.keys()]).toEqual(['shop/till', 'shop/web']));
  });

  it('refuses at once what would take the parser seconds (S17)', async () => {
    write('deep.yaml', `a: ${'['.repeat(900_000)}\n`);
    write('maps.yaml', '{a: '.repeat(200_000));
    write('many.yaml', 'a: 1\n---\n'.repeat(100_000));
    const from = performance.now();
    await store.start();
    // Not one of them takes the parser under a second.
    expect(performance.now() - from).toBeLessThan(1000);
    expect(faults()).toEqual([
      'deep.yaml: has over 50000 words and marks; split it into several files',
      'many.yaml: has over 50000 words and marks; split it into several files',
      'maps.yaml: has over 50000 words and marks; split it into several files',
    ]);
  });

  it('calls what the parser finds nested too deeply so', async () => {
    write('deep.yaml', '- '.repeat(20_000));
    await store.start();
    expect(faults()).toEqual(['deep.yaml:1: is nested too deeply']);
  });

  it('exports and unexports, keeps the time of the first export, and leaves comments alone', async () => {
    await store.start();
    expect(await store.applyExport(cart)).toEqual({ ok: true, value: { created: true } });
    expect(await store.applyExport(cart)).toEqual({ ok: true, value: { created: false } });
    const createdAt = store.snapshot().exports.get(cart)?.createdAt;
    const again = openFolderStore({
      dir,
      place: { region: 'eu', zone: 'eu-1' },
      clock: { ...systemClock, now: () => 1 },
    });
    await again.start();
    expect(again.snapshot().exports.get(cart)?.createdAt).toBe(createdAt);
    await again.stop();
    expect(await store.removeExport(cart)).toEqual({ ok: true, value: { removed: true } });
    expect(store.snapshot().exports.size).toBe(0);
    const exported =
      'apiVersion: multicluster.x-k8s.io/v1beta1\nkind: ServiceExport\nmetadata: {name: cart, namespace: shop}\n';
    write('both.yaml', `# the cart\n${service('cart')}---\n${exported}`);
    await eventually(() => expect(store.snapshot().exports.has(cart)).toBe(true));
    await store.removeExport(cart);
    const rest = readFileSync(path.join(dir, 'manifests', 'both.yaml'), 'utf8');
    expect(rest).toContain('# the cart');
    expect(rest).not.toContain('ServiceExport');
    expect(await store.removeExport(cart)).toEqual({ ok: true, value: { removed: false } });
  });

  it('survives aliases by the thousand and names like __proto__', async () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'
        .split('')
        .map((c, i) => `${c}: &${c} [${`*${'abcdefgh'[i]},`.repeat(8)}*${'abcdefgh'[i]}]`),
    ].join('\n');
    write('bomb.yaml', bomb);
    write(
      'proto.yaml',
      'apiVersion: __proto__\nkind: constructor\nmetadata: {name: x, __proto__: {polluted: true}}\n',
    );
    await store.start();
    expect(store.snapshot().faults).toHaveLength(2);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
