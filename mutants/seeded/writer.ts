/** What the controller writes to its API server, and what it leaves to others. */
import type { Mutant } from '../mutant.ts';

const WRITER = {
  file: 'mesh/adapters/kubernetes/object-writer.ts',
  test: 'mesh/adapters/kubernetes/object-writer.test.ts',
} as const;

const STATED = { ...WRITER, file: 'mesh/adapters/kubernetes/stated.ts' } as const;

const ADDED = 'what others add to an object, and what is not wanted of it any more';
const TAKEN = 'an object that somebody else made under the name of a wanted one';

export const WRITER_MUTANTS: readonly Mutant[] = [
  {
    name: 'foreign-object-taken-over',
    guarantee: 'An object that somebody else made under a name that the mesh wants stays as it is (S27).',
    ...WRITER,
    replace: 'if (isTaken || ',
    by: 'if (',
    fails: [
      `${TAKEN} > is left as it is, and told of until it is gone`,
      `${TAKEN} > is left as it is without the labels by which its kind is followed, too`,
      `${TAKEN} > is no trouble any more when nothing is wanted there, and stays`,
      `${TAKEN} > is never written to nor taken away, whatever comes and goes`,
    ],
  },
  {
    name: 'foreign-object-unsaid',
    guarantee:
      'Whoever asks the mesh for its state is told which names of its objects somebody else has (M22).',
    ...WRITER,
    replace: 'this.#taken.set(id, found);',
    by: '',
    fails: [
      `${TAKEN} > is left as it is, and told of until it is gone`,
      `${TAKEN} > is left as it is without the labels by which its kind is followed, too`,
      `${TAKEN} > is never written to nor taken away, whatever comes and goes`,
    ],
  },
  {
    name: 'unlabelled-service-taken-over',
    guarantee: 'A Service that has the name of a derived one, and not its labels, stays as it is (S27).',
    ...WRITER,
    replace: "held !== undefined || wanted?.kind.selector?.['labelSelector'] === undefined",
    by: 'held !== undefined || wanted?.kind.selector !== null',
    fails: [
      'nothing is written by who lost the right to while it looked whether a name is taken',
      `${TAKEN} > is left as it is without the labels by which its kind is followed, too`,
    ],
  },
  {
    name: 'condition-of-others-written-against',
    guarantee:
      'A condition that another controller adds to an object makes nobody write it again (KEP-1623).',
    ...STATED,
    replace: "name === 'conditions' && Array.isArray(value)",
    by: 'Array.isArray(value) && value.length > 99',
    fails: [`${ADDED} > a condition of another controller stays, and makes nobody write again`],
  },
  {
    name: 'past-fields-stay',
    guarantee: 'What is not wanted of an object any more goes, such as labels of an import (KEP-1645).',
    ...STATED,
    replace: "return !hasMore(ours?.['fieldsV1'], applied);",
    by: 'return true;',
    fails: [
      `${ADDED} > a condition that is not wanted any more goes, and no other`,
      `${ADDED} > a label that is not wanted any more goes, and no other`,
    ],
  },
];
