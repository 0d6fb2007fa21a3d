import { describe, expect, it } from 'vitest';
import { wrongAnnotations, wrongLabels } from './service-traits.ts';

const isTaken = (name: string): boolean =>
  wrongLabels({ [name]: '' }) === undefined && wrongAnnotations({ [name]: '' }) === undefined;
const longest = `${'a'.repeat(253)}/${'b'.repeat(63)}`;

/** As `IsQualifiedName` of the API server's validation has it. */
describe('names of labels', () => {
  it.each(['team', 'A.b_c-D', 'example.com/team', '1.2/3', 'a--b.c/d', longest])('%s is taken', (name) => {
    expect(isTaken(name)).toBe(true);
  });

  it.each([
    ...['', '/a', 'a/', 'a/b/c', '-a', 'a-', 'Example.com/a', 'a_b/c', '.a/b', 'a./b', 'ä'],
    ...['a..b/c', 'a.-b/c', 'a-.b/c', `${'a'.repeat(254)}/b`, `a/${'b'.repeat(64)}`],
  ])('%s is refused', (name) => {
    expect(isTaken(name)).toBe(false);
  });
});
