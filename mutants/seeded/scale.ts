/** What makes a pass cost what has changed, and never decide anything else than a pass over everything would. */
import type { Mutant } from '../mutant.ts';

const MEMO = { file: 'mesh/kit/keyed-memo.ts', test: 'mesh/kit/keyed-memo.test.ts' } as const;
const LINKED = { file: 'mesh/kit/linked-list.ts', test: 'mesh/kit/lists-let-go.test.ts' } as const;
const SLOTS = { file: 'mesh/kit/slot-list.ts', test: 'mesh/kit/lists-let-go.test.ts' } as const;
const SHARE = {
  file: 'mesh/adapters/objects/share-unchanged.ts',
  test: 'mesh/adapters/objects/share-unchanged.test.ts',
} as const;

export const SCALE: readonly Mutant[] = [
  {
    name: 'memo-takes-sets-for-plain-data',
    guarantee: 'Two sets are never taken for the same because they have no fields (decision 0016).',
    ...MEMO,
    replace: ' && Object.getPrototypeOf(value) === Object.prototype;',
    by: ';',
    fails: ['takes maps and sets for the same by reference only'],
  },
  {
    name: 'memo-never-forgets',
    guarantee: 'A memo holds no more than its last round asked for (decision 0016).',
    ...MEMO,
    replace: 'const now = (kept = new Map<K, Entry<I, V>>());',
    by: 'const now = (kept = before);',
    fails: ['forgets what was not asked for in the last round'],
  },
  {
    name: 'view-made-anew',
    guarantee: 'A pass makes nothing anew of services that have not changed (decision 0016).',
    file: 'federation/decide/mesh-view.ts',
    test: 'federation/decide/incremental.test.ts',
    replace: 'const recall = memory.round();',
    by: 'const recall = viewMemory().round();',
    fails: ['makes nothing anew of services that have not changed'],
  },
  {
    name: 'state-of-before-kept',
    guarantee: 'What has changed in a cluster is in its next state (decision 0016).',
    ...SHARE,
    replace: 'return sameData(before, next) ? before : next;',
    by: 'return before ?? next;',
    fails: ['has the content of the next state, and of the last one whatever is the same'],
  },
  {
    name: 'address-of-import-not-seen',
    guarantee: 'An import shows its address as soon as it has one (decision 0016).',
    file: 'mesh/adapters/kubernetes/desired-objects.ts',
    test: 'mesh/adapters/kubernetes/desired-objects.test.ts',
    replace: 'return recall.imports(key, { wanted, address }, importObjects);',
    by: 'return recall.imports(key, { wanted, address: undefined }, importObjects);',
    fails: ['shows the address of an import as soon as the API server has given it'],
  },
  {
    name: 'uncalled-services-followed',
    guarantee: 'A sidecar spends on a view what its workload calls, not what the mesh has (docs/scale.md).',
    file: 'sidecar/outbound/destinations.ts',
    test: 'sidecar/outbound/destinations.test.ts',
    replace: 'this.#view = view;\n    for',
    by: 'this.#view = view;\n    for (const to of this.known()) this.find(to);\n    for',
    fails: ['spends nothing on a service that nobody has asked for'],
  },
  {
    name: 'imports-decided-for-nobody',
    guarantee: 'A cluster without an API server spends nothing on imports that nobody sees (decision 0016).',
    file: 'federation/decide/reconcile.ts',
    test: 'federation/decide/reconcile.test.ts',
    replace: 'gathered.showsImports === false',
    by: 'false',
    fails: ['decides imports only where somebody looks for them; the catalog and the view are the same'],
  },
  {
    name: 'watch-for-each-file',
    guarantee: 'A folder of manifests takes one watch, whatever files are in it (docs/scale.md).',
    file: 'mesh/adapters/standalone/folder-watch.ts',
    test: 'mesh/adapters/standalone/folder-store.test.ts',
    replace: 'watch(path.join(this.#root, folder), (',
    by: 'watch(path.join(this.#root, folder), { recursive: true }, (',
    fails: [
      'the folder store > holds one watch for each folder, whatever files are in it, and none for folders that went',
    ],
  },
  {
    name: 'killed-run-goes-on',
    guarantee: 'A run of the scale test that is killed leaves no program behind (docs/scale.md).',
    file: 'multicluster-tests/scale/left-behind.ts',
    test: 'multicluster-tests/scale/left-behind.test.ts',
    replace: 'left.forEach(end)',
    by: 'break',
    fails: ['ends the programs of one run, and of no other'],
  },
  {
    name: 'link-holds-its-neighbours',
    guarantee: 'What has left a list is held by nothing of it (decision 0007).',
    ...LINKED,
    replace: 'node.list = node.previous = node.next = undefined;',
    by: 'node.list = undefined;',
    fails: [
      'what has left a list is held by nothing of it > a linked list, though a link of its neighbour is kept',
    ],
  },
  {
    name: 'slot-holds-what-has-left',
    guarantee: 'A place that is free holds nothing (decision 0007).',
    ...SLOTS,
    replace: 'this.#slots[this.#size] = undefined;',
    by: 'this.#slots[this.#size] = undefined;\n    this.#slots[this.#size + 1] = item;',
    fails: ['what has left a list is held by nothing of it > a slot list'],
  },
];
