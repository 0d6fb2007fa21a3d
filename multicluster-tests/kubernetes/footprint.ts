/** What a ground is to the kernel, read from the kernel and not from the ground's own records. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';

/** Namespaces, as `net:[4026532281]`, of all processes that have one of these network namespaces or descend from such. */
export function namespacesUnder(networks: ReadonlySet<string>): Set<string> {
  const processes = readProcesses();
  const inside = new Set(processes.filter((one) => one.namespaces.some((name) => networks.has(name))));
  for (let before = -1; before !== inside.size;) {
    before = inside.size;
    const pids = new Set([...inside].map(({ pid }) => pid));
    for (const one of processes) if (pids.has(one.parent)) inside.add(one);
  }
  const own = new Set(readProcess(process.pid)?.namespaces);
  return new Set([...inside].flatMap(({ namespaces }) => namespaces).filter((name) => !own.has(name)));
}

/** Processes that live in any of these namespaces, as a person would look for them. */
export function processesIn(namespaces: ReadonlySet<string>): string[] {
  return readProcesses()
    .filter((one) => one.namespaces.some((name) => namespaces.has(name)))
    .map(({ pid, command }) => `${pid} ${command}`);
}

/** Control groups of processes that live in any of these namespaces, as folders, but for those of this process. */
export function controlGroupsOf(namespaces: ReadonlySet<string>): Set<string> {
  const own = new Set(readProcess(process.pid)?.groups);
  const inside = readProcesses().filter((one) => one.namespaces.some((name) => namespaces.has(name)));
  return new Set(inside.flatMap(({ groups }) => groups).filter((group) => !own.has(group)));
}

export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  readonly namespaces: readonly string[];
  /** Control groups, as folders. */
  readonly groups: readonly string[];
}

/** All of this machine that can be read. */
export function readProcesses(): Process[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => readProcess(Number(pid))).filter((one) => one !== undefined);
}

function readProcess(pid: number): Process | undefined {
  try {
    const parent = /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    const namespaces = ['net', 'mnt', 'pid'].map((kind) => readlinkSync(`/proc/${pid}/ns/${kind}`));
    return { pid, parent: Number(parent), command, namespaces, groups: readGroups(pid) };
  } catch {
    // It ended while it was read.
    return undefined;
  }
}

/** `4:memory:/group` is /sys/fs/cgroup/memory/group, and `0::/group` the one of version 2. */
function readGroups(pid: number): string[] {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [, kinds = '', group = ''] = line.split(':');
    return path.join('/sys/fs/cgroup', kinds.replace(/^name=/, ''), group);
  });
}
