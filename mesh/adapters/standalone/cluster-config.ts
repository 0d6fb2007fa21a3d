import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { err, ok, type Result } from '../../kit/result.ts';
import type { ClusterConfig } from '../../model/cluster-config.ts';
import { fault, type Fault } from '../../model/fault.ts';
import { writeFileAtomic } from '../files/atomic-write.ts';
import { clusterFolder } from './cluster-folder.ts';

/**
 * Reads and checks `cluster.yaml`, or reads the `cluster.json` that stands in its place in pods. What was checked is remembered in `state/cluster.json` for as long as the file is
 * the same, because parsing YAML and checking its schema cost 15 MB that every proxy of the cluster would pay.
 */
export async function readClusterConfig(dir: string): Promise<Result<ClusterConfig, Fault>> {
  const given = readGiven(dir);
  if (given !== undefined) return ok(given);
  const { config: file } = clusterFolder(dir);
  const stamp = stampOf(file);
  if (stamp === undefined) {
    const message = 'is not there; make a cluster with isthmus init, or name its folder with --dir';
    return err(fault('not_found', file, message));
  }
  const checked = readChecked(dir, stamp);
  if (checked !== undefined) return ok(checked);
  const { parseConfigFile } = await import('./cluster-config-file.ts');
  const config = parseConfigFile(file);
  if (config.ok) rememberChecked(dir, config.value);
  return config;
}

/** Replaces `cluster.yaml`; comments in it are lost. */
export async function writeClusterConfig(dir: string, config: ClusterConfig): Promise<void> {
  const { configText } = await import('./cluster-config-file.ts');
  writeFileAtomic(clusterFolder(dir).config, configText(config), 0o644);
  rememberChecked(dir, config);
}

/** What a controller gives the proxies in pods of its cluster: as it has read and checked it. */
function readGiven(dir: string): ClusterConfig | undefined {
  try {
    return JSON.parse(readFileSync(path.join(dir, 'cluster.json'), 'utf8')) as ClusterConfig;
  } catch {
    return undefined;
  }
}

interface Checked {
  readonly stamp: string;
  readonly config: ClusterConfig;
}

/** Goes with what makes a config valid: what an older version remembered is checked anew. */
const FORM = 1;

function stampOf(file: string): string | undefined {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found && [FORM, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(' ');
}

function checkedFile(dir: string): string {
  return path.join(clusterFolder(dir).state, 'cluster.json');
}

function readChecked(dir: string, stamp: string): ClusterConfig | undefined {
  try {
    const checked = JSON.parse(readFileSync(checkedFile(dir), 'utf8')) as Checked;
    return checked.stamp === stamp ? checked.config : undefined;
  } catch {
    return undefined;
  }
}

/** Where it cannot be written, the next reader parses the file again: nothing is lost but memory. */
function rememberChecked(dir: string, config: ClusterConfig): void {
  const stamp = stampOf(clusterFolder(dir).config);
  if (stamp === undefined) return;
  try {
    writeFileAtomic(checkedFile(dir), JSON.stringify({ stamp, config } satisfies Checked));
  } catch {
    return;
  }
}
