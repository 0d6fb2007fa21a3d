/** The search that coverage guides: inputs that reach new parts of the parser are kept, and changed in their turn. */
import type { Random } from '../mesh/ports/random.ts';
import { startCoverage, type Coverage } from './coverage.ts';
import { mutate } from './mutate.ts';
import { runCase } from './run-case.ts';
import type { Target } from './target.ts';

export interface Finding {
  readonly input: Uint8Array;
  readonly fault: string;
}

export interface Exploration {
  readonly cases: number;
  /** Characters of the sources that have run. */
  readonly reached: number;
  /** Inputs that reached what the known ones do not. */
  readonly fresh: readonly Uint8Array[];
  readonly finding?: Finding;
}

interface Start {
  readonly known: readonly Uint8Array[];
  readonly random: Random;
  readonly seconds: number;
}

/** Asking V8 what has run costs more than a case: it is asked once for so many, and again by halves where something is new. */
const BATCH = 64;

export async function explore(target: Target, { known, random, seconds }: Start): Promise<Exploration> {
  const coverage = startCoverage(target.sources);
  const deadline = performance.now() + seconds * 1_000;
  const inputs = [...known];
  let cases = 0;
  let finding = await runAll(target, inputs);
  let reached = coverage.add(coverage.read());
  while (finding === undefined && performance.now() < deadline) {
    const batch = Array.from({ length: BATCH }, () => mutate(target, inputs, random));
    cases += batch.length;
    finding = await runAll(target, batch);
    const painted = coverage.read();
    if (coverage.countFresh(painted) === 0) continue;
    const fresh = await keepFresh(target, coverage, batch);
    inputs.push(...fresh.inputs);
    reached += fresh.reached + coverage.add(painted);
  }
  coverage.stop();
  const found = { cases, reached, fresh: inputs.slice(known.length) };
  return finding === undefined ? found : { ...found, finding };
}

interface Fresh {
  readonly inputs: readonly Uint8Array[];
  readonly reached: number;
}

/** Those of the batch that reach something new, found by halves. */
async function keepFresh(target: Target, coverage: Coverage, batch: readonly Uint8Array[]): Promise<Fresh> {
  await runAll(target, batch);
  const painted = coverage.read();
  if (coverage.countFresh(painted) === 0) return { inputs: [], reached: 0 };
  if (batch.length === 1) return { inputs: batch, reached: coverage.add(painted) };
  const half = batch.length >> 1;
  const first = await keepFresh(target, coverage, batch.slice(0, half));
  const second = await keepFresh(target, coverage, batch.slice(half));
  return { inputs: [...first.inputs, ...second.inputs], reached: first.reached + second.reached };
}

async function runAll(target: Target, inputs: readonly Uint8Array[]): Promise<Finding | undefined> {
  for (const input of inputs) {
    const fault = await runCase(target, input);
    if (fault !== undefined) return { input, fault };
  }
  return undefined;
}
