import { DEFAULT_FAILOVER } from '../mesh/decide/failover/default-policy.ts';
import { serviceKey, type ServiceKey, type ServiceName } from '../mesh/model/names.ts';
import type { FailoverPolicy, LevelSelector } from '../mesh/model/policy.ts';
import { durationMs, durationSchema } from './duration.ts';
import { showValue } from './field-path.ts';
import { documentSchema, type Draft, type Kind } from './kind.ts';
import { anySchema, objectSchema, openSchema, type CrdSchema, type FieldFault } from './schema.ts';
import { TARGET_REF, targetName } from './target-ref.ts';
import { toWeighted } from './weighted.ts';

const same = (description: string): CrdSchema => ({ type: 'string', enum: ['same'], description });
const listed = (what: string): CrdSchema => ({
  type: 'array',
  items: anySchema(`a ${what}, or {name, weight} with a weight of 1-1000`),
  minItems: 1,
  maxItems: 64,
  description: `these ${what}s, together`,
});

const level: CrdSchema = {
  ...objectSchema({
    zone: same('the zone of the caller'),
    region: same('the region of the caller'),
    cluster: same('the cluster of the caller'),
    area: same('regions that share the part before the first -'),
    clusters: listed('cluster'),
    regions: listed('region'),
    others: { type: 'string', enum: ['all'], description: 'everything that no level before selects' },
  }),
  description: 'one step of the failover order',
  minProperties: 1,
  maxProperties: 1,
};

const percent = (minimum: number, maximum: number, description: string): CrdSchema => ({
  type: 'number',
  minimum,
  maximum,
  description,
});

export const FAILOVER_POLICY_SPEC: CrdSchema = {
  ...objectSchema(
    {
      targetRef: TARGET_REF,
      levels: { type: 'array', items: level, minItems: 1, maxItems: 16, description: 'the failover order' },
      threshold: percent(1, 100, 'percent healthy below which a level spills'),
      cap: percent(1, 1000, 'percent of its own healthy capacity a level may be asked to take over'),
      overflow: { type: 'string', enum: ['keep', 'shed'], description: 'what happens to load over the cap' },
      panic: percent(0, 100, 'percent healthy over all levels below which load is spread over everything'),
      failback: {
        ...objectSchema({
          ramp: durationSchema('over which load returns to what has recovered'),
          hold: durationSchema('that a recovered level must stay healthy before load returns'),
        }),
        description: 'how load returns',
      },
    },
    ['targetRef'],
  ),
  description: 'what to do when endpoints of the service are not healthy',
};

/** isthmus.dev/v1alpha1 FailoverPolicy: where requests of a service go, and when. What is absent is as in the default. */
export const FAILOVER_POLICY: Kind = {
  schema: documentSchema({ spec: FAILOVER_POLICY_SPEC, status: openSchema({}) }, ['spec']),
  further: (draft) => (levelsOf(draft) ?? []).flatMap(levelFaults),
  build: (draft, { namespace }) => ({
    kind: 'failover',
    target: serviceKey(namespace, targetName(draft['spec']) as ServiceName),
    policy: toPolicy(draft, `${namespace}/${draft.metadata.name}` as ServiceKey),
  }),
};

type LevelDraft = Readonly<Record<string, unknown>>;

interface SpecDraft extends Partial<Pick<FailoverPolicy, 'threshold' | 'cap' | 'overflow' | 'panic'>> {
  readonly levels?: readonly LevelDraft[];
  readonly failback?: { readonly ramp?: string; readonly hold?: string };
}

function levelsOf(draft: Draft): readonly LevelDraft[] | undefined {
  return (draft['spec'] as SpecDraft).levels;
}

function levelFaults(draft: LevelDraft, i: number): FieldFault[] {
  const path = ['spec', 'levels', i];
  // Its schema takes exactly one field.
  const [[name, value]] = Object.entries(draft) as [[string, unknown]];
  if (!Array.isArray(value)) return [];
  const names = new Set<string>();
  return value.flatMap((entry: unknown, j): FieldFault[] => {
    const weighted = toWeighted(entry);
    const at = [...path, name, j];
    if (weighted === undefined) {
      return [
        {
          path: at,
          message: `${showValue(entry)} is neither a name nor {name, weight} with a weight of 1-1000`,
        },
      ];
    }
    if (names.has(weighted.name)) return [{ path: at, message: `"${weighted.name}" stands twice` }];
    names.add(weighted.name);
    return [];
  });
}

function toPolicy(draft: Draft, name: string): FailoverPolicy {
  const { levels, threshold, cap, overflow, panic, failback = {} } = draft['spec'] as SpecDraft;
  const otherwise = DEFAULT_FAILOVER;
  return {
    name,
    generation: draft.metadata.generation ?? 1,
    levels: levels?.map(toLevel) ?? otherwise.levels,
    threshold: threshold ?? otherwise.threshold,
    ...(cap === undefined ? {} : { cap }),
    overflow: overflow ?? otherwise.overflow,
    failback: {
      rampMs: failback.ramp === undefined ? otherwise.failback.rampMs : durationMs(failback.ramp),
      holdMs: failback.hold === undefined ? otherwise.failback.holdMs : durationMs(failback.hold),
    },
    panic: panic ?? otherwise.panic,
  };
}

function toLevel(draft: LevelDraft): LevelSelector {
  const [kind, value] = Object.entries(draft)[0] as [LevelSelector['kind'], unknown];
  const entries = Array.isArray(value) ? value.map(toWeighted).filter((entry) => entry !== undefined) : [];
  if (kind === 'clusters') return { kind, clusters: entries };
  return kind === 'regions' ? { kind, regions: entries } : { kind };
}
