/**
 * Where a proxy finds its controller, whom it trusts while it has no certificate, and how it proves then who it is: from
 * the folder of a standalone cluster, or from what is mounted in its pod.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fromHex } from '../../kit/hex.ts';
import { err, ok, type Result } from '../../kit/result.ts';
import type { SignedBundle, TrustBundle } from '../../model/bundle.ts';
import type { ClusterConfig, ListenAddress } from '../../model/cluster-config.ts';
import { fault, type Fault } from '../../model/fault.ts';
import type { Identity } from '../../model/identity.ts';
import type { Clock } from '../../ports/clock.ts';
import type { KeyStore } from '../../ports/key-store.ts';
import { BUNDLE_KEY, CONTROLLER_HOST, MOUNTS } from '../kubernetes/installation.ts';
import { clusterFolder, readRunInfo } from '../standalone/cluster-folder.ts';
import { makeEnrolmentToken } from '../trust/enrolment-token.ts';
import { openFolderKeyStore } from '../trust/folder-key-store.ts';
import { readPayload } from '../trust/signed-bundle.ts';

/** Where the controller takes what proxies and other clusters send it. */
export interface ControllerAddresses {
  readonly federation: ListenAddress;
  readonly join: ListenAddress;
  readonly discovery: ListenAddress;
  readonly enrolment: ListenAddress;
}

export interface ControllerPlace {
  /** A fault while none has run. */
  addresses(): Result<ControllerAddresses, Fault>;
  bundle(): Result<TrustBundle, Fault>;
  /** Good for one enrolment as `id`. */
  token(id: Identity): Result<string, Fault>;
}

const TOKEN_LIFETIME_MS = 60_000;

export function placeByFolder(dir: string, clock: Clock): ControllerPlace {
  const keys = openFolderKeyStore(clusterFolder(dir).trust);
  return {
    addresses: () => readRunInfo(dir),
    bundle() {
      const text = keys.read('bundle.json');
      if (!text.ok) return text;
      const missing = fault('bundle_missing', dir, 'holds no trust bundle; make or join a mesh first');
      return readBundle(text.value ?? '', missing);
    },
    token: (id) => makeToken(keys, id, clock.now()),
  };
}

export function placeInPod(
  { controller }: Pick<ClusterConfig, 'controller'>,
  mounts: { readonly mesh: string; readonly token: string } = MOUNTS,
): ControllerPlace {
  const at = (port: number): ListenAddress => ({ host: CONTROLLER_HOST, port });
  const addresses: ControllerAddresses = {
    ...{ federation: at(controller.federationPort), join: at(controller.joinPort) },
    ...{ discovery: at(controller.discoveryPort), enrolment: at(controller.enrolmentPort) },
  };
  return {
    addresses: () => ok(addresses),
    bundle() {
      const file = path.join(mounts.mesh, BUNDLE_KEY);
      // It is mounted when the controller has written it: that is worth waiting for.
      return readBundle(readText(file) ?? '', fault('unavailable', file, 'holds no trust bundle yet'));
    },
    token() {
      // Read each time: the kubelet writes a new one before the old one ends.
      const file = path.join(mounts.token, 'token');
      const text = readText(file)?.trim();
      return text ? ok(text) : err(fault('io_failed', file, 'holds no service-account token'));
    },
  };
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function readBundle(text: string, missing: Fault): Result<TrustBundle, Fault> {
  try {
    const { payload } = JSON.parse(text) as Partial<SignedBundle>;
    const bundle = readPayload(payload ?? '');
    return bundle === undefined ? err(missing) : ok(bundle);
  } catch {
    return err(missing);
  }
}

/** The key is read each time: it is not kept in a proxy's memory. */
function makeToken(keys: KeyStore, id: Identity, nowMs: number): Result<string, Fault> {
  const hex = keys.read('enrolment.key');
  if (!hex.ok) return hex;
  const key = fromHex(hex.value?.trim() ?? '');
  if (key?.length !== 32) return err(fault('config_invalid', 'trust/enrolment.key', 'is missing or damaged'));
  return ok(makeEnrolmentToken(key, id, nowMs + TOKEN_LIFETIME_MS));
}
