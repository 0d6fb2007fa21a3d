/** One line of a watch, read: events of objects, bookmarks, and the server's own failures. */
import { fault } from '../../model/fault.ts';
import type { ApiFault } from './api-client.ts';
import { isApiObject, isRecord, type ApiObject } from './api-object.ts';

export type WatchEvent =
  | { readonly kind: 'put' | 'removed'; readonly object: ApiObject; readonly version: string | undefined }
  | { readonly kind: 'bookmark'; readonly version: string | undefined }
  /** After it the watch is of no use. */
  | { readonly kind: 'failed'; readonly fault: ApiFault };

export function readEvent(line: string, path: string): WatchEvent {
  const failed = (message: string, status?: number): WatchEvent => {
    const found = fault('io_failed', `API server ${path}`, message);
    return { kind: 'failed', fault: status === undefined ? found : { ...found, status } };
  };
  const event = parse(line);
  if (!isRecord(event)) return failed('sent an event that is no JSON object');
  const { type, object } = event;
  if (type === 'ERROR') {
    const { code, message } = isRecord(object) ? object : {};
    const words = typeof message === 'string' ? message.slice(0, 200) : 'without a reason';
    return failed(`ended the watch: ${words}`, typeof code === 'number' ? code : undefined);
  }
  if (type === 'BOOKMARK') return { kind: 'bookmark', version: versionOf(object) };
  if (!isApiObject(object)) return failed('sent an event of an object without a name');
  const version = object.metadata.resourceVersion;
  if (type === 'ADDED' || type === 'MODIFIED') return { kind: 'put', object, version };
  if (type === 'DELETED') return { kind: 'removed', object, version };
  return failed('sent an event of an unknown type');
}

/** A bookmark has a version and no name. */
function versionOf(object: unknown): string | undefined {
  const metadata = isRecord(object) ? object['metadata'] : undefined;
  const version = isRecord(metadata) ? metadata['resourceVersion'] : undefined;
  return typeof version === 'string' ? version : undefined;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
