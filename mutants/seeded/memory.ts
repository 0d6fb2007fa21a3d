/** What a program weighs: memory that it no longer needs is given back. */
import type { Mutant } from '../mutant.ts';

const GIVE_BACK = {
  file: 'mesh/adapters/memory/give-memory-back.ts',
  test: 'mesh/adapters/memory/give-memory-back.test.ts',
} as const;
const FILE_MAPPINGS = {
  file: 'mesh/adapters/memory/file-mappings.ts',
  test: 'mesh/adapters/memory/file-mappings.test.ts',
} as const;
const FILE_GIVEN_BACK =
  'memory of this process > that is of a file is given back, and mapped again when it is read';
const TIMES =
  'memory that is given back > is what was freed and what was read once, each quarter of a minute';
const FREED_ALONE =
  'memory that is given back > is what was freed where nobody may read which pages are of the program';

export const MEMORY: readonly Mutant[] = [
  {
    name: 'given-back-once',
    guarantee: 'What is no longer needed is given back all the while a program runs (decision 0005).',
    ...GIVE_BACK,
    replace: '  clock.every(GIVE_BACK_EVERY_MS, giveBack);\n',
    by: '',
    fails: [TIMES, FREED_ALONE],
  },
  {
    name: 'start-kept',
    guarantee: 'What only the start of a program needed is given back soon (decision 0005).',
    ...GIVE_BACK,
    replace: '  giveBack();\n',
    by: '',
    fails: [TIMES, FREED_ALONE],
  },
  {
    name: 'pages-of-first-load-kept',
    guarantee: 'What a program read of itself once is given back (decision 0005).',
    ...GIVE_BACK,
    replace: '    memory.release(process.execPath).catch(() => undefined);\n',
    by: '',
    fails: [TIMES],
  },
  {
    name: 'trim-keeps',
    guarantee: 'What was freed below what is in use goes back to the machine (decision 0005).',
    ...GIVE_BACK,
    replace: 'trim: () => void mallocTrim(0),',
    by: 'trim: () => undefined,',
    fails: ['memory of this process > that was freed below what is in use is given back'],
  },
  {
    name: 'pages-kept',
    guarantee: 'Pages of the program that only its start needed are unmapped (decision 0005).',
    ...GIVE_BACK,
    replace: 'madvise(start, end - start, MADV_DONTNEED);',
    by: '',
    fails: [FILE_GIVEN_BACK],
  },
  {
    name: 'own-pages-dropped',
    guarantee: 'Pages that the program changed are never dropped (decision 0005).',
    ...FILE_MAPPINGS,
    replace: '.filter(({ details }) => !details.some((line) => OWN_PAGES.test(line)))',
    by: '',
    fails: [
      'the mappings of a file > are not one that has a page of the process',
      'the mappings of a file > are not one that has such a page in the swap',
    ],
  },
  {
    name: 'writable-dropped',
    guarantee: 'Memory that can be written is never dropped (decision 0005).',
    ...FILE_MAPPINGS,
    replace: "name === file && !permissions.includes('w')",
    by: 'name === file && permissions.length > 0',
    fails: ['the mappings of a file > are not one that can be written'],
  },
  {
    name: 'pod-pays-for-host',
    guarantee: 'A sidecar in a pod keeps less memory for what is young (decision 0005).',
    file: 'mesh/adapters/program-flags.ts',
    test: 'mesh/adapters/kubernetes/inject-pod.test.ts',
    replace: "place === 'pod'",
    by: "place === 'host'",
    fails: [
      'a pod that gets a sidecar > keeps little memory for what is young, as there is a sidecar in each pod',
    ],
  },
];
