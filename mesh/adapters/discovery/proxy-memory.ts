/** What a proxy remembers over its restarts: its certificate and its last view, in `state/` of the cluster's folder. */
import { readdirSync, rename, rmSync, writeFile } from 'node:fs';
import path from 'node:path';
import type { TrustBundle } from '../../model/bundle.ts';
import { trustDomain } from '../../model/names.ts';
import type { Identity } from '../../model/identity.ts';
import type { MeshView } from '../../model/mesh-view.ts';
import type { Log } from '../../ports/log.ts';
import type { Credentials } from '../../ports/mesh-identity.ts';
import { Update } from '../grpc/generated/isthmus/discovery/v1/discovery.ts';
import { writeFileAtomic } from '../files/atomic-write.ts';
import { readBounded } from '../files/read-bounded.ts';
import { NOTHING_GATHERED, takeUpdate } from './held-view.ts';
import { writePeer, writeService } from './view-wire.ts';
import { ok } from '../../kit/result.ts';

export interface ViewMemory {
  /** Undefined when there is none, or none that can be read; `bundle` is the one in force now. */
  read(bundle: TrustBundle): MeshView | undefined;
  /** Written soon, without waiting: the latest view at most every few seconds. */
  write(view: MeshView): void;
}

export interface ProxyMemory {
  readonly credentials: {
    read(): Pick<Credentials, 'certificateChain' | 'privateKey'> | undefined;
    write(credentials: Credentials): void;
  };
  readonly view: ViewMemory;
}

/** A chain of two certificates and a key have under 4 KiB. */
const MAX_CREDENTIALS_BYTES = 64 * 1024;
/** An endpoint takes some 100 bytes. */
const MAX_VIEW_BYTES = 64 * 1024 * 1024;

/**
 * Proxies of one identity share their memory: what one of them knew is true for the others. What is kept but cannot be used
 * is told to `log` once, and counts as nothing.
 */
export function openProxyMemory(folder: string, id: Identity, log: Log): ProxyMemory {
  const name = id.kind === 'program' ? id.program : `${id.namespace}.${id.serviceAccount}`;
  const fileOf = (what: string): string => path.join(folder, `proxy-${name}.${what}`);
  const tell = once(log);
  return {
    credentials: {
      read: () => readKept(fileOf('credentials'), tell, readCredentials),
      write: (credentials) => writeFileAtomic(fileOf('credentials'), JSON.stringify(credentials)),
    },
    view: openViewMemory(fileOf('view'), { domain: trustDomain(id.cluster, id.mesh), tell }),
  };
}

/** After leaving a mesh: what its proxies remember is of no use to anybody, and has keys in it. */
export function forgetProxyMemories(folder: string): void {
  const files = readdirSync(folder).filter((file) => file.startsWith('proxy-'));
  for (const file of files) rmSync(path.join(folder, file), { force: true });
}

type Tell = (file: string, detail: string) => void;

/** Once for each file: a proxy whose controller is away reads again every second or two. */
function once(log: Log): Tell {
  const told = new Set<string>();
  return (file, detail) => {
    if (told.has(file)) return;
    told.add(file);
    log.warn('what the last run kept cannot be used', { file, detail });
  };
}

/** That nothing was kept is no news. */
function readKept<T>(file: string, tell: Tell, read: (file: string) => T): T | undefined {
  try {
    return read(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') tell(file, message);
    return undefined;
  }
}

function readCredentials(file: string): Pick<Credentials, 'certificateChain' | 'privateKey'> {
  const text = readBounded(file, MAX_CREDENTIALS_BYTES).toString('utf8');
  const { certificateChain, privateKey } = parseHeld(text) ?? {};
  if (typeof certificateChain !== 'string' || typeof privateKey !== 'string')
    throw new Error('certificateChain and privateKey must be texts');
  return { certificateChain, privateKey };
}

/** The error of JSON.parse quotes the text, and there is a key in it. */
function parseHeld(text: string): Partial<Credentials> | null {
  try {
    return JSON.parse(text) as Partial<Credentials> | null;
  } catch {
    throw new Error('it is not JSON');
  }
}

const FIRST_WRITE_MS = 300;
const WRITE_EVERY_MS = 5000;

function openViewMemory(file: string, { domain, tell }: { domain: string; tell: Tell }): ViewMemory {
  let latest: MeshView | undefined;
  let timer: NodeJS.Timeout | undefined;
  let pauseMs = FIRST_WRITE_MS;
  const save = (): void => {
    timer = undefined;
    pauseMs = WRITE_EVERY_MS;
    if (latest !== undefined) saveView(file, latest);
    latest = undefined;
  };
  return {
    read: (bundle) => readKept(file, tell, () => readView(file, { bundle, domain })),
    write(view) {
      latest = view;
      // What is not yet written when the program ends is written by its next run: nothing waits for it.
      timer ??= setTimeout(save, pauseMs).unref();
    },
  };
}

/**
 * No flush to the disk and no waiting: this runs beside requests, and an older view is as good after a crash. The folder
 * is there since the credentials were written; one that has been removed meanwhile stays removed.
 */
function saveView(file: string, { version, self, services, peers }: MeshView): void {
  const update = Update.encode({
    ...{ version, self, reset: true, more: false, bundle: undefined },
    ...{ services: [...services.values()].map(writeService), peers: [...peers.values()].map(writePeer) },
    ...{ removedServices: [], removedPeers: [] },
  }).finish();
  const temporary = `${file}.${process.pid}.tmp`;
  writeFile(temporary, update, { mode: 0o600 }, (error) => {
    if (error === null) rename(temporary, file, () => undefined);
  });
}

function readView(file: string, { bundle, domain }: { bundle: TrustBundle; domain: string }): MeshView {
  const held = { ...NOTHING_GATHERED, bundle };
  const { view } = takeUpdate(held, Update.decode(readBounded(file, MAX_VIEW_BYTES)), () => ok(bundle));
  if (view === undefined) throw new Error('it is not a whole view');
  const written = trustDomain(view.self.cluster, view.self.mesh);
  if (written !== domain) throw new Error(`it is a view of ${written}, not of ${domain}`);
  return view;
}
