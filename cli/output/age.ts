/** Durations as kubectl prints ages: `42s`, `5m`, `3h`, `2d`, `364d`. */
const STEPS: readonly (readonly [unit: string, ms: number, upTo: number])[] = [
  ['s', 1000, 120],
  ['m', 60_000, 120],
  ['h', 3_600_000, 48],
  ['d', 86_400_000, Infinity],
];

export function formatAge(ms: number): string {
  const positive = Math.max(0, ms);
  for (const [unit, size, upTo] of STEPS) {
    const count = Math.floor(positive / size);
    if (count < upTo) return `${count}${unit}`;
  }
  return '?';
}
