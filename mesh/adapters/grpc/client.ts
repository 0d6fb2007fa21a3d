/** What every gRPC client of the mesh sets: bounds, keepalive, no proxies of the environment, no hidden retries. */
import type { ClientOptions } from '@grpc/grpc-js';
import type { ListenAddress } from '../../model/cluster-config.ts';

export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** `serverName`: what TLS asks for, whatever address is dialled. */
export function clientOptions(serverName: string): ClientOptions {
  return {
    'grpc.ssl_target_name_override': serverName,
    'grpc.default_authority': serverName,
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 5_000,
    'grpc.enable_http_proxy': 0,
    'grpc.enable_retries': 0,
    'grpc.enable_channelz': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.use_local_subchannel_pool': 1,
  };
}

/** The form that gRPC dials. */
export function dialTarget({ host, port }: ListenAddress): string {
  return host.includes(':') ? `ipv6:[${host}]:${port}` : `dns:${host}:${port}`;
}
