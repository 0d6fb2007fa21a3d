/** Which Kubernetes cluster a command is for: --kubeconfig and --context, as kubectl takes them. */
import type { Command } from 'commander';

export interface KubeChoice {
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** Undefined: the command is for a standalone cluster, the one in --dir. */
export function kubeChoice(command: Command): KubeChoice | undefined {
  const { kubeconfig, context } = command.optsWithGlobals<KubeChoice>();
  if (kubeconfig === undefined && context === undefined) return undefined;
  return {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  };
}
