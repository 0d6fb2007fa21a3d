import { describe, expect, it } from 'vitest';
import { formatTable } from './table.ts';

describe('formatTable', () => {
  it('aligns columns on the widest cell and leaves no trailing blanks', () => {
    const text = formatTable(
      ['NAME', 'READY'],
      [
        ['cart', '1/1'],
        ['inventory', ''],
      ],
    );
    expect(text.split('\n')).toEqual(['NAME        READY', 'cart        1/1', 'inventory']);
  });

  it('prints the heads alone when there are no rows', () => {
    expect(formatTable(['NAME', 'AGE'], [])).toBe('NAME   AGE');
  });
});
