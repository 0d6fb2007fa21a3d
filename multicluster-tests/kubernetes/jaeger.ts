/** A Jaeger in the network of a ground: pods send it spans, and its API tells of traces. It ends with the ground. */
import path from 'node:path';
import { buildPrograms } from './go-programs.ts';
import type { Ground } from './ground.ts';
import { inNetwork } from './network.ts';
import { BRIDGE_ADDRESS } from './plan.ts';
import { startLogged } from './program.ts';
import { run, succeeds } from './run.ts';
import { untilReady } from './until-ready.ts';

/** OTLP over HTTP. */
export const SPANS_TO = `http://${BRIDGE_ADDRESS}:4318`;
const API = `http://${BRIDGE_ADDRESS}:16686/api`;

export interface JaegerSpan {
  readonly operation: string;
  readonly service: string;
  /** `k8s.cluster.name` of who made it. */
  readonly cluster: string;
  readonly kind: string;
  readonly id: string;
  readonly parent: string | undefined;
}

export interface Jaeger {
  /** The latest traces in which the service has a part; spans in no order: clocks of two programs tick alike. */
  tracesOf(service: string): Promise<readonly (readonly JaegerSpan[])[]>;
}

export async function startJaeger(
  { plan }: Pick<Ground, 'plan'>,
  say: (line: string) => void,
): Promise<Jaeger> {
  const { jaeger } = await buildPrograms(['jaeger'], say);
  const ask = (path: string): string[] =>
    inNetwork(plan.namespace, [
      'curl',
      '--silent',
      '--show-error',
      '--fail',
      '--max-time',
      '5',
      `${API}/${path}`,
    ]);
  const log = path.join(plan.folder, 'jaeger.log');
  const program = startLogged('jaeger', log, inNetwork(plan.namespace, [jaeger, '--log-level=warn']));
  await untilReady(program, 'Jaeger', () => succeeds(ask('services')));
  return {
    async tracesOf(service) {
      const { data } = JSON.parse(await run(ask(`traces?service=${service}&limit=20`))) as Answer;
      return data.map(readTrace);
    },
  };
}

interface Tag {
  readonly key: string;
  readonly value: string | number | boolean;
}

interface Answer {
  readonly data: readonly RawTrace[];
}

interface RawTrace {
  readonly spans: readonly {
    readonly spanID: string;
    readonly operationName: string;
    readonly processID: string;
    readonly references: readonly { readonly refType: string; readonly spanID: string }[];
    readonly tags: readonly Tag[];
  }[];
  readonly processes: Readonly<
    Record<string, { readonly serviceName: string; readonly tags: readonly Tag[] }>
  >;
}

function readTrace({ spans, processes }: RawTrace): readonly JaegerSpan[] {
  const tag = (tags: readonly Tag[] | undefined, key: string): string =>
    String(tags?.find((entry) => entry.key === key)?.value ?? '');
  return spans.map(({ spanID, operationName, processID, references, tags }) => ({
    ...{ id: spanID, operation: operationName, kind: tag(tags, 'span.kind') },
    service: processes[processID]?.serviceName ?? '',
    cluster: tag(processes[processID]?.tags, 'k8s.cluster.name'),
    parent: references.find(({ refType }) => refType === 'CHILD_OF')?.spanID,
  }));
}
