/**
 * The host of a controller in a pod: the API server of its cluster. Of several controllers one leads; the others wait here
 * until they do, having read nothing yet, so that whoever leads knows what the last one kept.
 */
import type { ClusterHost } from './cluster-host.ts';
import type { ControllerOptions } from './controller-options.ts';
import { fullBucket, takeToken, type Rate } from './decide/token-bucket.ts';
import { inClusterAccess } from '../mesh/adapters/kubernetes/api-access-in-cluster.ts';
import { createApiClient, type ApiClient } from '../mesh/adapters/kubernetes/api-client.ts';
import { openConfigMapState } from '../mesh/adapters/kubernetes/config-map-state.ts';
import { openInstallOrders } from '../mesh/adapters/kubernetes/install-order.ts';
import {
  CONFIG_NAME,
  CONTROLLER,
  NAMESPACE,
  POD_IP,
  POD_NAME,
  TRUST_SECRET,
} from '../mesh/adapters/kubernetes/installation.ts';
import type { KeptTextsOptions } from '../mesh/adapters/kubernetes/kept-texts.ts';
import { openKubernetesStore } from '../mesh/adapters/kubernetes/kubernetes-store.ts';
import { startLeaderElection, type LeaderElection } from '../mesh/adapters/kubernetes/leader-election.ts';
import { pointToLeader, type Pod } from '../mesh/adapters/kubernetes/leader-endpoints.ts';
import { startMulticlusterWriter } from '../mesh/adapters/kubernetes/multicluster-writer.ts';
import { openSecretKeyStore } from '../mesh/adapters/kubernetes/secret-key-store.ts';
import { reviewToken } from '../mesh/adapters/kubernetes/token-review.ts';
import { aborted } from '../mesh/kit/aborted.ts';
import { toHex } from '../mesh/kit/hex.ts';
import { err, ok, type Result } from '../mesh/kit/result.ts';
import { fault, formatFault, type Fault } from '../mesh/model/fault.ts';
import type { KeyStore } from '../mesh/ports/key-store.ts';
import type { StateStore } from '../mesh/ports/state-store.ts';

type PodHostOptions = Pick<ControllerOptions, 'config' | 'clock' | 'random' | 'log'> & {
  readonly env: NodeJS.ProcessEnv;
  /** Gives up waiting to lead. */
  readonly signal: AbortSignal;
  /** Called while another controller leads; perhaps often. */
  readonly onStandby: () => void;
};

/** Resolves when this controller leads, and what is kept has been read. */
export async function openPodHost(options: PodHostOptions): Promise<Result<ClusterHost, Fault>> {
  const pod = podOf(options.env);
  if (!pod.ok) return pod;
  const access = inClusterAccess(options.env);
  if (!access.ok) return access;
  const api = createApiClient(access.value);
  const leading = lead(api, pod.value, options);
  await Promise.race([leading.began, aborted(options.signal)]);
  const kept = await openKept({ ...options, api, mayWrite: leading.mayWrite });
  if (kept.ok) return ok(hostOf({ ...options, ...kept.value, api, pod: pod.value, leading }));
  await leading.election.stop();
  api.stop();
  return kept;
}

function podOf(env: NodeJS.ProcessEnv): Result<Pod, Fault> {
  const { [POD_NAME]: name = '', [POD_IP]: address = '' } = env;
  if (name !== '' && address !== '') return ok({ name, address });
  return err(
    fault('config_invalid', name === '' ? POD_NAME : POD_IP, 'is not set: the pod does not say who it is'),
  );
}

interface Leading {
  readonly election: LeaderElection;
  /** In the term in which what is kept was read; in a later one others may have written meanwhile. */
  readonly mayWrite: () => boolean;
  readonly began: Promise<void>;
  /** Aborts when another controller leads, or has led. */
  readonly overtaken: AbortSignal;
}

function lead(api: ApiClient, pod: Pod, options: PodHostOptions): Leading {
  const began = Promise.withResolvers<void>();
  const overtaken = new AbortController();
  let term: number | undefined;
  const election = startLeaderElection({
    ...{ ...options, api, namespace: NAMESPACE, name: CONTROLLER },
    // The pod's name first: who reads the Lease finds the pod.
    self: `${pod.name}_${toHex(options.random.bytes(4))}`,
    onLeading() {
      term ??= election.epoch();
      if (election.epoch() === term) began.resolve();
      else overtaken.abort();
    },
    onOvertaken: () => overtaken.abort(),
    onWaiting: options.onStandby,
  });
  return {
    ...{ election, began: began.promise, overtaken: overtaken.signal },
    mayWrite: () => term !== undefined && election.epoch() === term,
  };
}

interface Kept {
  readonly keys: KeyStore;
  readonly state: StateStore;
}

async function openKept(
  options: Pick<KeptTextsOptions, 'mayWrite' | 'clock' | 'random' | 'log'> & { readonly api: ApiClient },
): Promise<Result<Kept, Fault>> {
  const keys = await openSecretKeyStore({ ...options, secret: { namespace: NAMESPACE, name: TRUST_SECRET } });
  if (!keys.ok) return keys;
  const state = await openConfigMapState({ ...options, namespace: NAMESPACE });
  return state.ok ? ok({ keys: keys.value, state: state.value }) : state;
}

type Opened = PodHostOptions &
  Kept & { readonly api: ApiClient; readonly pod: Pod; readonly leading: Leading };

function hostOf(opened: Opened): ClusterHost {
  const { keys, state, api, pod, leading, config } = opened;
  const { mayWrite, election, overtaken } = leading;
  const { region, zone, mesh, cluster } = config;
  const store = openKubernetesStore({ ...opened, place: { region, zone } });
  const { [CONFIG_NAME]: configName } = opened.env;
  const multicluster = startMulticlusterWriter({
    ...{ ...opened, mayWrite, config: JSON.stringify(config) },
    ...(configName === undefined ? {} : { configName }),
  });
  return {
    ...{ keys, state, store },
    pods: {
      ...{ multicluster, overtaken, mayWrite, orders: openInstallOrders(api) },
      reviewToken: limited(opened, (token) => reviewToken(token, { api, mesh, cluster })),
      async announce() {
        if (!mayWrite()) return err(fault('unavailable', CONTROLLER, 'another controller leads'));
        const pointed = await pointToLeader(api, pod);
        return pointed.ok ? ok(undefined) : pointed;
      },
    },
    async stop() {
      await multicluster.stop();
      for (const kept of [keys, state]) {
        const flushed = await kept.flush();
        if (!flushed.ok) opened.log.warn('not kept at the end', { detail: formatFault(flushed.error) });
      }
      await election.stop();
      await store.stop();
      api.stop();
    },
  };
}

/** A pod may ask as often as it likes; the API server is not asked for each. */
const REVIEWS: Rate = { perSecond: 50, burst: 500 };

function limited<T>(
  { clock }: Pick<PodHostOptions, 'clock'>,
  ask: (token: string) => Promise<Result<T, Fault>>,
): (token: string) => Promise<Result<T, Fault>> {
  let bucket = fullBucket(REVIEWS, clock.monotonic());
  return (token) => {
    const admitted = takeToken(bucket, REVIEWS, clock.monotonic());
    bucket = admitted ?? bucket;
    if (admitted !== undefined) return ask(token);
    return Promise.resolve(
      err(fault('unavailable', 'enrolment', 'too many tokens to review; try again in a moment')),
    );
  };
}
