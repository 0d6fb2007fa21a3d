/** Tells the controller, once a second, how this sidecar sees the services that its application calls. */
import type { ServiceObservation } from '../../mesh/model/report.ts';
import type { SidecarContext } from '../context.ts';

export interface Reporting {
  readonly proxy: string;
  observe(nowMs: number): readonly ServiceObservation[];
}

/** Sends only what differs from the last report. Ends with the ticker. */
export function reportEachSecond(context: SidecarContext, { proxy, observe }: Reporting): void {
  const { ticker, discovery, settings, workload } = context;
  let lastAt = 0;
  let last = '';
  ticker.onTick((nowMs) => {
    if (nowMs - lastAt < settings.reportMs) return;
    lastAt = nowMs;
    const services = observe(nowMs);
    const viewVersion = discovery.view().version;
    const text = JSON.stringify([viewVersion, services]);
    if (text === last) return;
    last = text;
    discovery.report({ proxy, workload: workload.service, viewVersion, services });
  });
}
