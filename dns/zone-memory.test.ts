import { expect, it } from 'vitest';
import { answerQuestion } from './decide/answer-question.ts';
import { service, slice } from './decide/testing/sample-zone.ts';
import { createZoneMemory, type ZoneMemory } from './zone-memory.ts';

const addresses = (zone: ZoneMemory): readonly unknown[] =>
  answerQuestion(zone, { name: 'web.test.svc.clusterset.local', type: 'A', class: 'IN' }).answers.map(
    ({ data }) => data,
  );
const HEADLESS = service({ isHeadless: true, ips: [] });

it('says what there is after each change', () => {
  const zone = createZoneMemory();
  zone.slices.put('test/e', slice('east', { address: '10.0.0.1', hostname: 'a' }));
  expect(addresses(zone)).toEqual([]);
  zone.imports.put('test/web', HEADLESS);
  expect(addresses(zone)).toEqual(['10.0.0.1']);
  zone.slices.put('test/w', slice('west', { address: '10.0.0.2', hostname: 'a' }));
  expect(addresses(zone)).toEqual(['10.0.0.1', '10.0.0.2']);
  zone.slices.put('test/e', slice('east', { address: '10.0.0.3', hostname: 'a' }));
  expect(addresses(zone)).toEqual(['10.0.0.3', '10.0.0.2']);
  zone.imports.put('test/web', service());
  expect(addresses(zone)).toEqual(['10.42.42.42']);
});

it('forgets what is not in a list any more, and a slice that became one of another service', () => {
  const zone = createZoneMemory();
  zone.imports.replace(new Map([['test/web', HEADLESS]]));
  zone.slices.replace(new Map([['test/e', slice('east', { address: '10.0.0.1' })]]));
  zone.slices.replace(new Map([['test/w', slice('west', { address: '10.0.0.2' })]]));
  expect(addresses(zone)).toEqual(['10.0.0.2']);
  zone.slices.put('test/w', { ...slice('west', { address: '10.0.0.2' }), service: 'other' });
  expect(addresses(zone)).toEqual([]);
  expect(zone.hasNamespace('test')).toBe(false);
  zone.imports.put('test/web', service());
  expect(zone.hasNamespace('test')).toBe(true);
  zone.imports.put('test/web', undefined);
  expect(zone.hasNamespace('test')).toBe(false);
});
