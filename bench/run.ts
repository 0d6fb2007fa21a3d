/** Runs scenarios: all contenders in turn, round after round, so that what slows the machine slows them alike. */
import type { Contender, Opened } from './contenders/contender.ts';
import { createBenchTrust } from './contenders/trust.ts';
import type { Results, Sample } from './decide/results.ts';
import { Processes } from './processes.ts';
import type { Prepared, Scenario } from './scenarios.ts';

export interface Run {
  readonly contenders: readonly Contender[];
  readonly scenarios: readonly Scenario[];
  say(line: string): void;
}

/** A contender that fails is left out of that round, with a line that says so. */
export async function runAll({ contenders, scenarios, say }: Run): Promise<Results> {
  const results = new Map<string, ReadonlyMap<string, (Sample | undefined)[]>>();
  for (const scenario of scenarios) {
    const by = new Map(contenders.map(({ name }): [string, (Sample | undefined)[]] => [name, []]));
    results.set(scenario.name, by);
    let stage: Stage | undefined;
    for (let round = 0; round < scenario.rounds; round++) {
      if (stage === undefined || scenario.fresh) {
        await stage?.end();
        stage = await openStage(scenario, contenders, say);
      }
      for (const { name } of contenders) {
        const sample = await stage.sample(name);
        by.get(name)?.push(sample);
        say(`${scenario.name} ${round + 1}/${scenario.rounds} ${name}: ${describe(sample)}`);
      }
    }
    await stage?.end();
  }
  return results;
}

function describe(sample: Sample | undefined): string {
  if (sample === undefined) return 'failed';
  return Object.entries(sample)
    .map(([metric, value]) => `${metric} ${value >= 100 ? Math.round(value) : value.toFixed(2)}`)
    .join(', ');
}

interface Stage {
  sample(contender: string): Promise<Sample | undefined>;
  end(): Promise<void>;
}

async function openStage(
  scenario: Scenario,
  contenders: readonly Contender[],
  say: Run['say'],
): Promise<Stage> {
  const processes = new Processes();
  const abandon = (): void => processes.abandon();
  process.on('exit', abandon);
  const site = { processes, trust: createBenchTrust() };
  const prepared: Prepared = await scenario.prepare(site);
  const opened = new Map<string, Opened>();
  for (const contender of contenders) {
    try {
      const proxy = await contender.open(scenario.topology, prepared.target, site);
      await prepared.warm(proxy);
      opened.set(contender.name, proxy);
    } catch (cause) {
      say(`${scenario.name} ${contender.name}: does not start: ${String(cause)}`);
    }
  }
  return {
    async sample(name) {
      const proxy = opened.get(name);
      try {
        return proxy === undefined ? undefined : await prepared.sample(proxy);
      } catch (cause) {
        say(`${scenario.name} ${name}: ${String(cause)}`);
        return undefined;
      }
    },
    async end() {
      await processes.stop();
      process.off('exit', abandon);
      processes.abandon();
    },
  };
}
