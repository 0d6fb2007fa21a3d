/** Clusters of kind (Kubernetes in Docker, https://kind.sigs.k8s.io), one node each, in containers of this machine. */
import { readFile, writeFile } from 'node:fs/promises';
import { parse, stringify } from 'yaml';
import { run, succeeds } from '../run.ts';
import type { ShopCluster } from './shop-cluster.ts';

/** What is looked for, in words for the one who lacks it. */
const NEEDED = {
  kind: ['kind', 'version'],
  'docker that answers': ['docker', 'info'],
  kubectl: ['kubectl', 'version', '--client'],
} as const;

/** The first start loads the image of the nodes. */
const CREATED_MS = 900_000;
const COMMAND_MS = 180_000;
/** A docker that hangs is none. */
const SOON_MS = 10_000;

export async function missingForKind(): Promise<string[]> {
  const found = await Promise.all(Object.values(NEEDED).map((command) => succeeds(command, SOON_MS)));
  return Object.keys(NEEDED).flatMap((name, i) => (found[i] === true ? [] : [`no ${name}`]));
}

/** Which of them are there. */
export async function standingOnKind(names: readonly string[]): Promise<readonly string[]> {
  const there = (await run(['kind', 'get', 'clusters'])).split('\n');
  return names.map(kindName).filter((name) => there.includes(name));
}

/** Their contexts in `kubeconfig`, a file of theirs alone, have the names that they have here; the first is the current one. */
export async function startOnKind(
  names: readonly string[],
  kubeconfig: string,
): Promise<readonly ShopCluster[]> {
  const create = ['kind', 'create', 'cluster', '--kubeconfig', kubeconfig, '--wait', '180s'];
  const made = await Promise.allSettled(
    names.map((name) => run([...create, '--name', kindName(name)], { timeoutMs: CREATED_MS })),
  );
  // After both have come to an end: what is still being made could not be removed.
  for (const one of made) if (one.status === 'rejected') throw one.reason;
  await renameContexts(kubeconfig, names);
  return names.map((name) => ({
    ...{ name, kubeconfig },
    kubectl: (args, input) =>
      run(['kubectl', `--kubeconfig=${kubeconfig}`, `--context=${name}`, ...args], {
        timeoutMs: COMMAND_MS,
        ...(input === undefined ? {} : { input }),
      }),
  }));
}

/** Copies an image of this machine's docker to their nodes, one cluster after the other: it is written to the same disk. */
export async function loadOnKind(names: readonly string[], image: string): Promise<void> {
  for (const name of names)
    await run(['kind', 'load', 'docker-image', image, '--name', kindName(name)], { timeoutMs: COMMAND_MS });
}

export async function removeFromKind(names: readonly string[], kubeconfig: string): Promise<void> {
  await run(['kind', 'delete', 'clusters', '--kubeconfig', kubeconfig, ...names.map(kindName)]);
}

/** The container that is the cluster's one node. */
export function kindNode(name: string): string {
  return `${kindName(name)}-control-plane`;
}

function kindName(name: string): string {
  return `isthmus-demo-${name}`;
}

interface Kubeconfig {
  readonly contexts: readonly { readonly name: string }[];
}

/** kind calls them `kind-` and its own name. */
async function renameContexts(file: string, names: readonly string[]): Promise<void> {
  const config = parse(await readFile(file, 'utf8')) as Kubeconfig;
  const ours = new Map(names.map((name) => [`kind-${kindName(name)}`, name]));
  const contexts = config.contexts.map((context) => ({
    ...context,
    name: ours.get(context.name) ?? context.name,
  }));
  await writeFile(file, stringify({ ...config, contexts, 'current-context': names[0] }), { mode: 0o600 });
}
