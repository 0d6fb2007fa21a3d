/**
 * The folder of a standalone cluster: `cluster.yaml`, `manifests/` (yours to edit), `trust/` (keys), `state/` (what the
 * programs remember), `run/` (where the running programs are).
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { parseClusterConfig } from '../../../crds/cluster-config.ts';
import { err, ok, type Result } from '../../kit/result.ts';
import type { ClusterConfig, ListenAddress } from '../../model/cluster-config.ts';
import { fault, type Fault } from '../../model/fault.ts';
import { writeFileAtomic } from '../files/atomic-write.ts';

export interface ClusterFolder {
  readonly config: string;
  readonly manifests: string;
  readonly trust: string;
  readonly state: string;
  readonly run: string;
}

export function clusterFolder(dir: string): ClusterFolder {
  const at = (name: string): string => path.join(dir, name);
  return {
    config: at('cluster.yaml'),
    manifests: at('manifests'),
    trust: at('trust'),
    state: at('state'),
    run: at('run'),
  };
}

export function readClusterConfig(dir: string): Result<ClusterConfig, Fault> {
  const file = clusterFolder(dir).config;
  const text = readText(file);
  if (text === undefined)
    return err(
      fault(
        'not_found',
        file,
        'is not there; make a cluster with isthmus init, or name its folder with --dir',
      ),
    );
  try {
    return parseClusterConfig(parse(text, { maxAliasCount: 10 }), file);
  } catch (cause) {
    return err({ ...fault('invalid_yaml', file, 'is not YAML'), cause });
  }
}

export function writeClusterConfig(dir: string, config: ClusterConfig): void {
  const { cluster, ...spec } = config;
  const manifest = {
    apiVersion: 'isthmus.dev/v1alpha1',
    kind: 'ClusterConfig',
    metadata: { name: cluster },
    spec,
  };
  writeFileAtomic(clusterFolder(dir).config, stringify(manifest), 0o644);
}

/** Where a running controller is: written when all its listeners are up, read by proxies and the CLI. */
export interface RunInfo {
  readonly pid: number;
  readonly federation: ListenAddress;
  readonly join: ListenAddress;
  readonly discovery: ListenAddress;
  readonly enrolment: ListenAddress;
  readonly admin: ListenAddress;
  /** Bearer token of the admin API. */
  readonly token: string;
}

export function writeRunInfo(dir: string, info: RunInfo): void {
  writeFileAtomic(path.join(clusterFolder(dir).run, 'controller.json'), JSON.stringify(info));
}

export function readRunInfo(dir: string): Result<RunInfo, Fault> {
  const file = path.join(clusterFolder(dir).run, 'controller.json');
  const text = readText(file);
  if (text === undefined)
    return err(fault('unavailable', dir, 'no controller has run here; start it: isthmus up'));
  try {
    return ok(JSON.parse(text) as RunInfo);
  } catch (cause) {
    return err({ ...fault('io_failed', file, 'is not JSON'), cause });
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
