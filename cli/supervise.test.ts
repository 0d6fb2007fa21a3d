import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { supervise, type Program, type Supervision } from './supervise.ts';

const programs: Program[] = [];
afterEach(() => {
  for (const program of programs.splice(0)) program.end();
});

const DEAF = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); process.stdout.write('ready')`;

/** A program that runs `source`, with what was said of it and all its children. */
function run(source: string, options: Partial<Supervision> = {}) {
  const said: string[] = [];
  const children: ChildProcess[] = [];
  const start = (): ChildProcess => {
    const child = spawn(process.execPath, ['-e', source], { stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(child);
    return child;
  };
  const program = supervise(start, { name: 'gateway', say: (text) => void said.push(text), ...options });
  programs.push(program);
  return { program, said, children };
}

describe('a program of isthmus up', () => {
  it('is started again when it falls, and says with what status', async () => {
    const { children, said } = run('process.exit(3)');
    await vi.waitFor(() => expect(children).toHaveLength(2), { timeout: 5000 });
    expect(said[0]).toBe('gateway ended (status 3); starting it again in 500 ms');
  });

  it('is not started again once it is retired', async () => {
    const { program, children, said } = run('setInterval(() => {}, 1000)');
    program.retire();
    children[0]?.kill();
    await program.stop();
    expect({ said, started: children.length }).toEqual({ said: [], started: 1 });
  });

  it('is killed when it does not end in time', async () => {
    const { program, children, said } = run(DEAF, { stopMs: 300 });
    const child = children[0];
    if (child?.stdout) await once(child.stdout, 'data');
    void program.stop();
    await vi.waitFor(() => expect(child?.signalCode).toBe('SIGKILL'), { timeout: 3000 });
    expect(said).toEqual(
      expect.arrayContaining(['gateway has not ended within 0.3 s of being asked; killing it']),
    );
  });
});
