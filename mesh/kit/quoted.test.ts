import { expect, it } from 'vitest';
import { firstLine, quoted } from './quoted.ts';

it.each([
  ['plain', 'cart', '"cart"'],
  ['a quote and a line', 'a"\n', String.raw`"a\"\n"`],
  ['an escape of seven bits', '\x1b[31m', String.raw`"\u001b[31m"`],
  ['an escape of eight bits, which terminals obey too', 'a\x9b31m\x7f', '"a?31m?"'],
  ['text turned around', '\u202egpj.exe', '"?gpj.exe"'],
  ['half a character', '\ud800', '"\ufffd"'],
  ['one character too many', 'a'.repeat(81), `"${'a'.repeat(80)}"...`],
])('shows %s', (_, text, shown) => {
  expect(quoted(text)).toBe(shown);
});

it('gives the first line of a message, without what a terminal obeys', () => {
  expect(firstLine('bad \x9b31m\x11here\nand there')).toBe('bad ?31m?here');
  expect(firstLine('x'.repeat(300))).toHaveLength(200);
});
