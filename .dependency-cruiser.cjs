/** The floors of the house: imports go down only. See docs/architecture.md. */
const below = (name, from, banned) => ({
  name,
  severity: 'error',
  from: { path: from },
  // Node has a module `dns` of its own.
  to: { path: banned, dependencyTypesNot: ['core'] },
});
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    below(
      'kit-is-the-ground',
      '^mesh/kit/',
      '^(mesh/(model|decide|ports|adapters)|crds|federation|gateway|sidecar|dns|cli)/',
    ),
    below(
      'floor-0-model',
      '^mesh/model/',
      '^(mesh/(decide|ports|adapters)|crds|federation|gateway|sidecar|dns|cli)/',
    ),
    below(
      'floor-1-decide',
      '^(mesh/decide|crds)/',
      '^(mesh/(ports|adapters)|federation|gateway|sidecar|dns|cli)/',
    ),
    below('floor-2-ports', '^mesh/ports/', '^(mesh/adapters|federation|gateway|sidecar|dns|cli)/'),
    below('floor-3-adapters', '^mesh/adapters/', '^(federation|gateway|sidecar|dns|cli)/'),
    below('federation-alone', '^federation/', '^(gateway|sidecar|dns|cli)/'),
    below('gateway-alone', '^gateway/', '^(federation|sidecar|dns|cli)/'),
    below('sidecar-alone', '^sidecar/', '^(federation|gateway|dns|cli)/'),
    below('dns-alone', '^dns/', '^(federation|gateway|sidecar|cli)/'),
    below(
      'programs-own-rules-are-pure',
      '^(federation|gateway|sidecar|dns)/decide/',
      '^(mesh/(ports|adapters)|(federation|gateway|sidecar|dns)/(?!decide/))',
    ),
    below('nothing-imports-benchmarks', '^(?!bench)', '^bench/'),
    below('nothing-imports-tests', '^(?!multicluster-tests)', '^multicluster-tests/'),
    below('nothing-imports-mutants', '^(?!mutants/)', '^mutants/'),
    below('nothing-imports-fuzzers', '^(?!fuzz/)', '^fuzz/'),
    {
      name: 'pure-folders-use-no-node',
      severity: 'error',
      from: { path: '^(mesh/(kit|model|decide)|crds|[a-z]+/decide)/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'only-mains-read-the-programs',
      severity: 'error',
      from: { path: '^(mesh|crds)/' },
      to: { path: '/main\\.ts$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: 'mesh/adapters/grpc/generated' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.json'] },
  },
};
