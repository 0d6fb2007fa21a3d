/** Texts that are made to take long, or to run a parser out of stack (S17). */
import { describe, expect, it } from 'vitest';
import { readManifests } from './read-manifests.ts';

const MIB = 1024 * 1024;
const read = (text: string) => readManifests({ name: 'a.yaml', text }, { region: 'eu', zone: 'eu-1' });

describe('a file of one MiB', () => {
  it.each(['~:\n', 'true: 1\n', '"', '%\n', '? [a]\n: b\n', '&a ', '*a ', '- [', '{a: ', '---\n'])(
    'of %j over and over is refused before it is parsed',
    (part) => {
      const { faults, unidentified, stated } = read(part.repeat(MIB / part.length));
      expect([stated, unidentified]).toEqual([[], true]);
      expect(faults.map(({ code, subject }) => `${code} ${subject}`)).toEqual(['invalid_yaml a.yaml']);
      expect(faults[0]?.message).toContain('words and marks; split it');
    },
  );

  it('of few and long words is read', () => {
    const text = `apiVersion: v1\nkind: Namespace\nmetadata: { name: shop, annotations: { a: ${'x'.repeat(4000)} } }\n`;
    const { stated, faults } = read(`${text}---\n`.repeat(MIB / text.length - 1));
    expect(faults).toEqual([]);
    expect(stated.length).toBeGreaterThan(200);
  });
});
