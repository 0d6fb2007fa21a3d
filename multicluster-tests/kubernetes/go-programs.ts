/**
 * The programs that come as Go source: each Go module under binaries/ pins one release and all that it needs, and a
 * program is built once into the cache, under a name of what went in. The Kubernetes programs are told their version:
 * without it the kubelet and the API server refuse each other.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { cacheFolder, contentKey } from './cache-folder.ts';
import { run } from './run.ts';

const MODULES = path.join(import.meta.dirname, 'binaries');

const PROGRAMS = {
  etcd: { module: 'etcd', source: 'go.etcd.io/etcd/server/v3' },
  'kube-apiserver': { module: 'kubernetes', source: 'k8s.io/kubernetes/cmd/kube-apiserver' },
  'kube-controller-manager': {
    module: 'kubernetes',
    source: 'k8s.io/kubernetes/cmd/kube-controller-manager',
  },
  'kube-scheduler': { module: 'kubernetes', source: 'k8s.io/kubernetes/cmd/kube-scheduler' },
  'kube-proxy': { module: 'kubernetes', source: 'k8s.io/kubernetes/cmd/kube-proxy' },
  kubelet: { module: 'kubernetes', source: 'k8s.io/kubernetes/cmd/kubelet' },
  kubectl: { module: 'kubernetes', source: 'k8s.io/kubernetes/cmd/kubectl' },
  coredns: { module: 'coredns', source: 'github.com/coredns/coredns' },
  helm: { module: 'helm', source: 'helm.sh/helm/v4/cmd/helm' },
  jaeger: { module: 'jaeger', source: 'github.com/jaegertracing/jaeger/cmd/all-in-one' },
} as const;

export type GoProgram = keyof typeof PROGRAMS;

/** What every cluster runs. */
export const CLUSTER_PROGRAMS = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'kubectl',
  'coredns',
] as const satisfies readonly GoProgram[];

/** Where each of them is. */
export type ClusterPrograms = Readonly<Record<(typeof CLUSTER_PROGRAMS)[number], string>>;

/** Without C the programs need nothing of the machine they run on. */
const ENVIRONMENT = { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly' };

/** The file that each of these programs is, or will be when it is built. */
export async function programFiles<P extends GoProgram>(names: readonly P[]): Promise<Record<P, string>> {
  const files = await Promise.all(
    names.map(async (name) => {
      const { module } = PROGRAMS[name];
      const key = contentKey(...(await moduleFiles(module)), ...(await buildFlags(module)));
      return [name, path.join(cacheFolder(), 'programs', `${module}-${key}`, name)] as const;
    }),
  );
  return Object.fromEntries(files) as Record<P, string>;
}

/** Builds those that are not there yet, one after the other; the first Kubernetes program takes minutes. */
export async function buildPrograms<P extends GoProgram>(
  names: readonly P[],
  say: (line: string) => void,
): Promise<Record<P, string>> {
  const files = await programFiles(names);
  const absent = names.filter((name) => !existsSync(files[name]));
  for (const [index, name] of absent.entries()) {
    say(`building ${name} (${index + 1} of ${absent.length})`);
    const started = performance.now();
    await buildProgram(name, files[name]);
    say(`built ${name} in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  }
  return files;
}

async function buildProgram(name: GoProgram, file: string): Promise<void> {
  const { module, source } = PROGRAMS[name];
  const partial = `${file}.${process.pid}`;
  await mkdir(path.dirname(file), { recursive: true });
  const flags = await buildFlags(module);
  await run(['go', 'build', '-C', path.join(MODULES, module), ...flags, '-o', partial, source], {
    env: ENVIRONMENT,
  });
  await rename(partial, file);
}

async function moduleFiles(module: string): Promise<Buffer[]> {
  return Promise.all(['go.mod', 'go.sum'].map((name) => readFile(path.join(MODULES, module, name))));
}

async function buildFlags(module: string): Promise<string[]> {
  const mod = await readFile(path.join(MODULES, module, 'go.mod'), 'utf8');
  const [, version, major, minor] =
    /^\s*(?:require )?k8s\.io\/kubernetes (v(\d+)\.(\d+)\.\d+)\b/m.exec(mod) ?? [];
  const told = { gitVersion: version, gitMajor: major, gitMinor: minor };
  const values = Object.entries(version === undefined ? {} : told);
  const tell = values.map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
  return ['-trimpath', '-ldflags', ['-s -w', ...tell].join(' ')];
}
