/** All targets, in the order in which they run. */
import type { Target } from './target.ts';
import { certificateRequest } from './targets/certificate-request.ts';
import { certificate } from './targets/certificate.ts';
import { clientHello } from './targets/client-hello.ts';
import { discovery } from './targets/discovery.ts';
import { dnsQuery } from './targets/dns-query.ts';
import { enrolmentToken } from './targets/enrolment-token.ts';
import { exchange } from './targets/exchange.ts';
import { httpRequest } from './targets/http-request.ts';
import { httpResponse } from './targets/http-response.ts';
import { joinToken } from './targets/join-token.ts';
import { manifest } from './targets/manifest.ts';
import { path } from './targets/path.ts';
import { streamFrames } from './targets/stream-frames.ts';

export const TARGETS: readonly Target[] = [
  clientHello,
  dnsQuery,
  httpRequest,
  httpResponse,
  streamFrames,
  path,
  certificate,
  certificateRequest,
  joinToken,
  enrolmentToken,
  exchange,
  discovery,
  manifest,
];
