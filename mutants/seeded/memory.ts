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
  'memory that is given back > is what was freed, each half minute, and what was read once, each minute';

export const MEMORY: readonly Mutant[] = [
  {
    name: 'freed-kept',
    guarantee: 'What was freed is given back all the while a program runs (decision 0005).',
    ...GIVE_BACK,
    replace: 'clock.every(TRIM_EVERY_MS, () => memory.trim());',
    by: '',
    fails: [
      TIMES,
      'memory that is given back > is what was freed where nobody may read which pages are of the program',
    ],
  },
  {
    name: 'start-kept',
    guarantee: 'What only the start of a program needed is given back (decision 0005).',
    ...GIVE_BACK,
    replace: 'await release();',
    by: '',
    fails: [TIMES],
  },
  {
    name: 'first-load-kept',
    guarantee: 'What only the first load of a program needed is given back (decision 0005).',
    ...GIVE_BACK,
    replace: 'clock.every(RELEASE_EVERY_MS, () => void release());',
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
];
