/** What a proxy tells its controller, on the wire: its registration and its reports. The controller reads it strictly. */
import type * as wire from '../grpc/generated/isthmus/discovery/v1/discovery.ts';
import { ok, type Result } from '../../kit/result.ts';
import type { Fault } from '../../model/fault.ts';
import { isDnsLabel, type ServiceAccount, type ServiceKey } from '../../model/names.ts';
import type { ProxyReport, ServiceObservation } from '../../model/report.ts';
import type { EndpointGroup } from '../../model/shares.ts';
import type { Registration } from '../../ports/discovery.ts';
import {
  firstWrong,
  firstWrongOf,
  isFraction,
  isHost,
  isId,
  isPlace,
  isPort,
  isPositive,
  isServiceKey,
  isWords,
  violation,
  type FieldCheck,
} from './wire-field.ts';
import { wrongInGateway } from './view-wire.ts';

export function writeRegistration(registration: Registration): wire.Registration {
  const { proxy, ready } = registration;
  if (registration.kind === 'gateway')
    return { proxy, ready, kind: { $case: 'gateway', value: { address: registration.address } } };
  const { address, port, region, zone } = registration;
  if (registration.kind === 'plain')
    return { proxy, ready, kind: { $case: 'plain', value: { address, port, region, zone } } };
  const { service, serviceAccount } = registration;
  const value = { service, serviceAccount, address, port, region, zone };
  return { proxy, ready, kind: { $case: 'sidecar', value } };
}

export function readRegistration(registration: wire.Registration): Result<Registration, Fault> {
  const { proxy, ready, kind } = registration;
  if (!isId(proxy)) return violation(proxy, 'proxy');
  if (kind?.$case === 'sidecar') {
    const wrong = firstWrong(sidecarChecks(kind.value));
    if (wrong !== undefined) return violation(proxy, wrong);
    const { service, serviceAccount, ...where } = kind.value;
    const who = { service: service as ServiceKey, serviceAccount: serviceAccount as ServiceAccount };
    return ok({ kind: 'sidecar', proxy, ready, ...who, ...where });
  }
  if (kind?.$case === 'plain') {
    const wrong = firstWrong(placeChecks(kind.value));
    return wrong === undefined ? ok({ kind: 'plain', proxy, ready, ...kind.value }) : violation(proxy, wrong);
  }
  const address = kind?.value.address;
  if (address === undefined) return violation(proxy, 'kind');
  const wrong = wrongInGateway(address);
  return wrong === undefined
    ? ok({ kind: 'gateway', proxy, ready, address })
    : violation(proxy, `address.${wrong}`);
}

function sidecarChecks(sidecar: wire.SidecarRegistration): readonly FieldCheck[] {
  return [
    ['service', isServiceKey(sidecar.service)],
    ['serviceAccount', isDnsLabel(sidecar.serviceAccount)],
    ...placeChecks(sidecar),
  ];
}

function placeChecks(place: wire.PlainRegistration): readonly FieldCheck[] {
  return [
    ['address', isHost(place.address)],
    ['port', isPort(place.port)],
    ['region', isPlace(place.region)],
    ['zone', isPlace(place.zone)],
  ];
}

/** The most services one report may tell of. */
const MAX_OBSERVED = 4000;
const MAX_GROUPS = 512;

export function writeReport(report: ProxyReport): wire.ProxyReport {
  const services = report.services.slice(0, MAX_OBSERVED).map((observation) => ({
    ...observation,
    groups: observation.groups.map((group) => ({ ...group, note: group.note })),
  }));
  return { ...report, services };
}

export function readReport(report: wire.ProxyReport): Result<ProxyReport, Fault> {
  const wrong =
    firstWrong([
      ['proxy', isId(report.proxy)],
      ['workload', isServiceKey(report.workload)],
      ['services', report.services.length <= MAX_OBSERVED],
    ]) ?? firstWrongOf('services', report.services, wrongInObservation);
  if (wrong !== undefined) return violation(report.proxy, wrong);
  const { proxy, workload, viewVersion } = report;
  const services = report.services.map(readObservation);
  return ok({ proxy, workload: workload as ServiceKey, viewVersion, services });
}

function wrongInObservation(observation: wire.ServiceObservation): string | undefined {
  const { rate, p50Ms, p99Ms } = observation;
  const sent = Object.keys(observation.sent);
  return (
    firstWrong([
      ['service', isServiceKey(observation.service)],
      ['sent', sent.length <= MAX_GROUPS && sent.every(isDnsLabel)],
      ['rate', [rate, p50Ms, p99Ms].every(isPositive)],
      ['groups', observation.groups.length <= MAX_GROUPS],
    ]) ?? firstWrongOf('groups', observation.groups, wrongInGroup)
  );
}

function wrongInGroup(group: wire.EndpointGroup): string | undefined {
  return firstWrong([
    ['cluster', isDnsLabel(group.cluster)],
    ['region', isPlace(group.region)],
    ['zone', isPlace(group.zone)],
    ['ready', group.ready <= group.total],
    ['healthy', group.healthy <= group.ready],
    ['ramp', isFraction(group.ramp)],
    ['note', isWords(group.note)],
  ]);
}

function readObservation(observation: wire.ServiceObservation): ServiceObservation {
  const groups = observation.groups.map(
    ({ note, ...group }) => ({ ...group, ...(note === undefined ? {} : { note }) }) as EndpointGroup,
  );
  const sent = Object.fromEntries(Object.entries(observation.sent));
  return { ...observation, service: observation.service as ServiceKey, groups, sent };
}
