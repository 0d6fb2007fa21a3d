/** Lint rules: a rule is an error or off. The purity block is what makes "decide" folders deterministic. */
import tseslint from 'typescript-eslint';

const PURE = ['mesh/kit/**', 'mesh/model/**', 'mesh/decide/**', 'crds/**', '*/decide/**'];
const TESTS = ['**/*.test.ts', '**/*.contract.ts', 'multicluster-tests/**'];

const noDefaultOrStar = [
  { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
  { selector: 'ExportAllDeclaration', message: 'No barrels: import from the file that defines it.' },
];
const pureSyntax = [
  ...noDefaultOrStar,
  { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: 'Pure: time is passed in.' },
  { selector: ':function[async=true]', message: 'Pure: no async.' },
  { selector: 'AwaitExpression', message: 'Pure: no async.' },
];

export default tseslint.config(
  { ignores: ['node_modules', 'dist', '.demo', 'mesh/adapters/grpc/generated', '*.cjs', '*.js'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 3],
      'max-depth': ['error', 3],
      'no-restricted-syntax': ['error', ...noDefaultOrStar],
      eqeqeq: 'error',
      // Our objects are closures, without `this`: taking a method off one is safe.
      '@typescript-eslint/unbound-method': 'off',
      'no-console': 'error',
    },
  },
  {
    files: PURE,
    ignores: TESTS,
    rules: {
      'no-restricted-syntax': ['error', ...pureSyntax],
      'no-restricted-globals': [
        'error',
        ...[
          'process',
          'crypto',
          'setTimeout',
          'setInterval',
          'setImmediate',
          'queueMicrotask',
          'fetch',
          'performance',
        ],
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Pure: time is passed in.' },
        { object: 'Math', property: 'random', message: 'Pure: chance is passed in.' },
      ],
      'no-restricted-imports': ['error', { patterns: ['node:*'] }],
    },
  },
  {
    files: TESTS,
    rules: {
      'max-lines-per-function': 'off',
      'max-params': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  { files: ['eslint.config.ts', 'vitest.config.ts'], rules: { 'no-restricted-syntax': 'off' } },
  { files: ['cli/**', 'examples/**', '**/main.ts'], rules: { 'no-console': 'off' } },
);
