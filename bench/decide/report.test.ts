import { expect, test } from 'vitest';
import { renderReport, replaceSection, SECTION_END, SECTION_START } from './report.ts';
import type { Results } from './results.ts';

const circumstances = {
  machine: 'two cores',
  versions: ['isthmus 1', 'nginx 2'],
  contenders: ['isthmus', 'nginx'],
  command: 'npm run bench',
  date: '2026-01-01',
  rounds: 3,
};

test('shows median and spread, and a dash for what is absent', () => {
  const rates = [1e9, 3e9, 2e9].map((bytesPerSecond) => ({ bytesPerSecond }));
  const results: Results = new Map([['gateway-bulk', new Map([['isthmus', rates]])]]);
  const report = renderReport(results, circumstances);
  expect(report).toContain('| gateway: bulk, GB/s | 2.00 (1.00-3.00) | - |');
  expect(report).toContain(
    '| gateway, bulk | at least 0.95 x the better of nginx and haproxy | not measured | - |',
  );
});

test('a bound that is missed stands out', () => {
  const bulk = (bytesPerSecond: number) => [{ bytesPerSecond }];
  const by = new Map([
    ['isthmus', bulk(1)],
    ['nginx', bulk(2)],
  ]);
  expect(renderReport(new Map([['gateway-bulk', by]]), circumstances)).toContain('| 0.50 x | **no** |');
});

test('replaces what lies between the marks, and nothing else', () => {
  const page = `# Page\n${SECTION_START}\nold\n${SECTION_END}\nby hand\n`;
  expect(replaceSection(page, 'new')).toBe(`# Page\n${SECTION_START}\n\nnew\n${SECTION_END}\nby hand\n`);
  expect(() => replaceSection('# Page', 'new')).toThrow('no place');
});
