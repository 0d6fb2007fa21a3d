/** What a run has measured: for each scenario and contender, each metric's value in each round. */
import { spreadOf, type Spread } from '../../mesh/kit/statistics.ts';

export type Sample = Readonly<Record<string, number>>;

/** Undefined where the contender failed in that round. */
type Rounds = readonly (Sample | undefined)[];

export type Results = ReadonlyMap<string, ReadonlyMap<string, Rounds>>;

export interface Cell {
  readonly scenario: string;
  readonly contender: string;
  readonly metric: string;
}

export function valuesOf(results: Results, { scenario, contender, metric }: Cell): (number | undefined)[] {
  const rounds = results.get(scenario)?.get(contender) ?? [];
  return rounds.map((sample) => sample?.[metric]);
}

export function spreadIn(results: Results, cell: Cell): Spread | undefined {
  return spreadOf(valuesOf(results, cell).filter((value) => value !== undefined));
}
