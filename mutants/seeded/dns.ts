/** The DNS server of clusterset.local: what it says, and what it takes from whoever sends it bytes. */
import type { Mutant } from '../mutant.ts';

const ANSWER = { file: 'dns/decide/answer-question.ts', test: 'dns/decide/answer-question.test.ts' } as const;
const NAMES = { file: 'dns/decide/service-names.ts', test: 'dns/decide/answer-question.test.ts' } as const;
const HOSTS = { file: 'dns/decide/headless-hosts.ts', test: 'dns/decide/answer-question.test.ts' } as const;
const MESSAGE = { file: 'dns/message.ts', test: 'dns/message.test.ts' } as const;
const TCP = { file: 'dns/tcp-server.ts', test: 'dns/server.test.ts' } as const;

export const DNS: readonly Mutant[] = [
  {
    name: 'dns-denies-what-is-there',
    guarantee: 'A name that is there without such a record is not denied (RFC 2308).',
    ...ANSWER,
    replace: "rcode: found === undefined ? 'NXDOMAIN' : 'NOERROR'",
    by: "rcode: answers.length === 0 ? 'NXDOMAIN' : 'NOERROR'",
    fails: [
      'the zone > M36: tells the version of its schema',
      'the zone > has the names that others stand below, without records (RFC 4592 2.2.2)',
      'the zone > tells a name that is not there from one without such a record (RFC 2308)',
      'a service with clusterset IPs > is there without records while it has no address yet',
    ],
  },
  {
    name: 'dns-answers-for-others',
    guarantee: 'Names outside of clusterset.local are left to others (M45).',
    ...ANSWER,
    replace: 'lower.endsWith(`.${ZONE}`)',
    by: 'lower.endsWith(`.local`)',
    fails: [
      'the zone > M33: is clusterset.local, and nothing else',
      'M45: leaves cluster.local to the DNS of the cluster',
    ],
  },
  {
    name: 'dns-minds-case',
    guarantee: 'Names have no case.',
    ...ANSWER,
    replace: 'const lower = name.toLowerCase();',
    by: 'const lower = name;',
    fails: ['the zone > knows names in letters of any case, and says them as they were asked'],
  },
  {
    name: 'dns-name-of-a-cluster',
    guarantee: 'No name leads to one cluster of a service (M38).',
    ...NAMES,
    replace: '    at(names, prefix).push(...own.map(addressRecord));',
    by: "    at(names, prefix).push(...own.map(addressRecord));\n    at(names, prefix.replace(/^[^.]*\\./, '')).push(...own.map(addressRecord));",
    fails: ['a headless service > M38: has no name for one of its clusters'],
  },
  {
    name: 'dns-port-said-twice',
    guarantee: 'Two ports of one number are one record at the name of the service (O5).',
    ...NAMES,
    replace: 'new Set(named.map(({ port }) => port))',
    by: 'named.map(({ port }) => port)',
    fails: ['a service with clusterset IPs > O5: has one record for two ports of one number at its own name'],
  },
  {
    name: 'dns-unready-host',
    guarantee: 'Only ready endpoints of a headless service are named (M39, S43).',
    ...HOSTS,
    replace: 'endpoints.filter(({ isReady }) => isReady)',
    by: 'endpoints',
    fails: [
      'a headless service > M39: has the addresses of its ready endpoints',
      'a headless service > M41: names a host itself only where no name is given',
      'a headless service > M42: has a record for each ready endpoint and named port',
      'a headless service > S43: is not there without a ready endpoint, and its namespace not for it',
      'M39, M40, M42: has exactly the ready endpoints, whatever they are',
    ],
  },
  {
    name: 'dns-given-name-passed-over',
    guarantee: 'A host name that is given comes before one that follows from the address (M41).',
    ...HOSTS,
    replace: 'hostname ?? address',
    by: 'address',
    fails: [
      'a headless service > M4…',
      'a headless service > M39: gives hosts…',
      'O44: gives…',
      'a headless service > S46…',
    ],
  },
  {
    name: 'dns-large-cluster-crowds-out',
    guarantee: 'Where only a part is named, each cluster has its part.',
    ...HOSTS,
    replace: '  return turns.flat().slice(0, MAX_HOSTS);',
    by: '  return lists.flat().slice(0, Math.min(MAX_HOSTS, turns.flat().length));',
    fails: [
      'a headless service > M39: gives hosts of one subset for both families, of all clusters in turn',
      'a headless service > M42: has a record for each ready endpoint and named port',
    ],
  },
  {
    name: 'dns-answers-answers',
    guarantee: 'A response is never answered: two servers would go on forever.',
    ...MESSAGE,
    replace: '(flags & 0x8000) !== 0',
    by: 'flags === 0xffff',
    fails: ['a malformed query > gets no answer where it is no query at all'],
  },
  {
    name: 'dns-malformed-thrown',
    guarantee: 'A packet that cannot be decoded costs itself alone.',
    ...MESSAGE,
    replace: '  } catch {\n    return undefined;\n  }',
    by: '  } finally {\n  }',
    fails: [
      'a malformed query > a name that never ends: FORMERR',
      'a malformed query > a pointer to itself: FORMERR',
      'a malformed query > a pointer forward: FORMERR',
      'a malformed query > a label of an unknown kind: FORMERR',
      'a malformed query > no type: FORMERR',
      'a malformed query > records that are counted and not there: FORMERR',
      'a malformed query > an OPT record that is too long for the packet: FORMERR',
    ],
    failsBy: 'exception',
  },
  {
    name: 'dns-cut-without-a-word',
    guarantee: 'A reply that is cut says so, and the asker comes by TCP.',
    ...MESSAGE,
    replace: 'flags: packet.flags | TRUNCATED_RESPONSE',
    by: 'flags: packet.flags',
    fails: [
      'a reply that does not fit > is cut to …',
      'a reply that does not fit > stays within what TCP can carry',
    ],
  },
  {
    name: 'dns-larger-than-asked',
    guarantee: 'A reply by UDP is no larger than the asker takes.',
    ...MESSAGE,
    replace: 'Math.min(Math.max(udpBytes, PLAIN_UDP_BYTES), UDP_BYTES)',
    by: 'UDP_BYTES',
    fails: [
      'a reply that does not fit > is cut to 512 octets without EDNS, and says so',
      'a reply that does not fit > is cut to what the asker takes, and says so',
      'a reply that does not fit > is cut to 512 octets, whatever the asker takes, and says so',
      'a reply that does not fit > goes without its additional records first, and then is not cut (RFC 2181 9)',
    ],
  },
  {
    name: 'dns-idle-for-ever',
    guarantee: 'A connection that brings no whole message in time is ended.',
    ...TCP,
    replace: "  let cancel = clock.after(IDLE_MS, () => end('idle'));\n  /**",
    by: '  let cancel = (): void => undefined;\n  /**',
    fails: ['ends a connection that brings no whole message in time, though octets come'],
    failsBy: 'timeout',
  },
  {
    name: 'dns-held-without-bound',
    guarantee: 'Replies that are not read are not piled up.',
    ...TCP,
    replace: '!socket.writableNeedDrain && !socket.destroyed',
    by: '!socket.destroyed',
    fails: ['takes no more of one that does not read its replies, and goes on when it does'],
  },
  {
    name: 'dns-crowded-out',
    guarantee: 'One address does not hold all connections.',
    ...TCP,
    replace: ' || isCrowding',
    by: '',
    fails: ['leaves room for others when one address holds as many connections as it may'],
    failsBy: 'timeout',
  },
  {
    name: 'dns-keeps-old-names',
    guarantee: 'Names follow what the API server says.',
    ...{ file: 'dns/zone-memory.ts', test: 'dns/zone-memory.test.ts' },
    replace: '      delete service.names;\n',
    by: '',
    fails: [
      'says what there is after each change',
      'forgets what is not in a list any more, and a slice that became one of another service',
    ],
  },
];
