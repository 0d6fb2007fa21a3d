import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { VERSION } from '../../mesh/adapters/version.ts';

interface InjectCommandOptions {
  readonly filename: string;
  readonly namespace: string;
  readonly image: string;
}

const ANNOTATIONS = `
In a namespace with the label isthmus.dev/injection=enabled pods get their sidecars by themselves; elsewhere, one with the
label isthmus.dev/inject=true does.

Annotations of a pod:
  isthmus.dev/inject         false: no sidecar (as a label too)
  isthmus.dev/service        the service it belongs to; default: label app.kubernetes.io/name, or app, or the name of the workload
  isthmus.dev/port           where the application listens, or none; default: its first container port
  isthmus.dev/otlp-endpoint  where spans go, as http://jaeger:4318
  isthmus.dev/capture        none: what the application calls is not redirected to the sidecar; it calls through $ISTHMUS_PROXY
  isthmus.dev/capture-ranges, capture-exclude-ranges, capture-exclude-ports
                             what is redirected, and what is not: CIDRs or ports, separated by commas
  isthmus.dev/inbound        strict: TCP from outside the pod comes in through the mesh alone
  isthmus.dev/sidecar-cpu    what the sidecar is guaranteed of a busy node; default: 100m
  isthmus.dev/sidecar-memory-limit
                             beyond it the sidecar is ended; default: 256Mi
  isthmus.dev/workload-api   true: its X.509-SVID at $SPIFFE_ENDPOINT_SOCKET`;

/** `isthmus inject -f web.yaml | kubectl apply -f -` */
export function injectCommand(): Command {
  return new Command('inject')
    .description('add a sidecar to the pods of manifests, and print them')
    .requiredOption('-f, --filename <file>', 'manifests as YAML or JSON; - for standard input')
    .option('-n, --namespace <name>', 'of manifests that name none', 'default')
    .option('--image <image>', 'of the sidecar', `isthmus:${VERSION}`)
    .addHelpText('after', ANNOTATIONS)
    .action(async ({ filename, namespace, image }: InjectCommandOptions) => {
      const { injectManifests } = await import('../kubernetes/inject-manifests.ts');
      const text = readFileSync(filename === '-' ? 0 : filename, 'utf8');
      process.stdout.write(injectManifests(text, { namespace, image, file: filename }));
    });
}
