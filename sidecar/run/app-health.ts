/** The kubelet's probes of an application that lets in nobody but the mesh: asked at the admin port, carried out here. */
import type { OpenRoutes } from '../../mesh/adapters/admin/admin-server.ts';
import { APP_HEALTH, type AppProbe } from '../../mesh/adapters/kubernetes/app-probes.ts';
import { askApplication } from '../../mesh/adapters/probes/ask-application.ts';
import type { Metrics } from '../../mesh/ports/metrics.ts';

/** At once: the kubelet asks each in turn, and others may ask too. */
const MAX_UNDER_WAY = 64;
const MAX_AGENT = 256;

export interface AppHealthParts {
  /** By `<container>/<probe>`. */
  readonly probes: ReadonlyMap<string, AppProbe>;
  /** Of the pod. */
  readonly address: string;
  readonly metrics: Metrics;
}

export function openAppHealth({ probes, address, metrics }: AppHealthParts): OpenRoutes {
  const counted = metrics.counter({
    name: 'isthmus_app_probes_total',
    help: 'Probes of the application that were asked of the sidecar, by what came of them.',
    labels: ['outcome'] as const,
  });
  let underWay = 0;
  const end = (status: number, outcome: string, text: string): { status: number; text: string } => {
    counted({ outcome }).add();
    return { status, text: `${text}\n` };
  };
  return {
    prefix: APP_HEALTH,
    async answer(name, userAgent) {
      const probe = probes.get(name);
      if (probe === undefined) return end(404, 'unknown', 'the pod has no such probe');
      if (underWay >= MAX_UNDER_WAY) return end(503, 'refused', 'too many probes at once');
      underWay += 1;
      const asked = await askApplication(probe, { address, userAgent: userAgent.slice(0, MAX_AGENT) });
      underWay -= 1;
      return asked.ok ? end(200, 'passed', 'ok') : end(503, 'failed', `the application: ${asked.error}`);
    },
  };
}
