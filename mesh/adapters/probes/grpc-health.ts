/** Asks a server for its health (grpc.health.v1), without TLS, as the kubelet's gRPC probes do. */
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { Client, credentials } from '@grpc/grpc-js';
import { err, ok, type Result } from '../../kit/result.ts';

export interface HealthQuestion {
  readonly host: string;
  readonly port: number;
  /** Empty: the server as a whole. */
  readonly service: string;
  readonly timeoutMs: number;
  readonly userAgent: string;
}

const METHOD = '/grpc.health.v1.Health/Check';
const MAX_BYTES = 1024;
/** Tags of `HealthCheckRequest.service` and of `HealthCheckResponse.status`: field 1, as text and as a number. */
const SERVICE = 0x0a;
const STATUS = 0x08;
const SERVING = 1;

/** Ok: it serves; else why not, in words. */
export function askGrpcHealth(question: HealthQuestion): Promise<Result<void, string>> {
  const { host, port, service, timeoutMs, userAgent } = question;
  const client = new Client(`${host}:${port}`, credentials.createInsecure(), {
    ...{ 'grpc.primary_user_agent': userAgent, 'grpc.max_receive_message_length': MAX_BYTES },
    ...{ 'grpc.enable_http_proxy': 0, 'grpc.enable_retries': 0, 'grpc.enable_channelz': 0 },
    ...{ 'grpc.service_config_disable_resolution': 1, 'grpc.use_local_subchannel_pool': 1 },
  });
  const deadline = { deadline: Date.now() + timeoutMs };
  return new Promise((resolve) => {
    client.makeUnaryRequest(METHOD, writeService, readStatus, service, deadline, (error, status) => {
      client.close();
      if (error !== null) resolve(err(error.message));
      else
        resolve(
          status === SERVING ? ok(undefined) : err(`its health is ${status}, not ${SERVING} (SERVING)`),
        );
    });
  });
}

function writeService(service: string): Buffer {
  const writer = new BinaryWriter();
  return Buffer.from(service === '' ? writer.finish() : writer.uint32(SERVICE).string(service).finish());
}

/** What is malformed throws: the call then ends with an error. */
function readStatus(bytes: Buffer): number {
  const reader = new BinaryReader(bytes);
  let status = 0;
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === STATUS) status = reader.int32();
    else reader.skip(tag & 7);
  }
  return status;
}
