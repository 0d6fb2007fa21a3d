import { expect, it } from 'vitest';
import { freePorts } from './processes.ts';

it('gives no port twice, to those that ask at the same time neither', async () => {
  const asked = await Promise.all([freePorts(300), freePorts(300), freePorts(300)]);
  expect(new Set(asked.flat()).size).toBe(900);
});
