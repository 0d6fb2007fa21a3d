/** What the demo has its guest type in another terminal. Pure. */
import { NAMESPACE } from '../../../examples/demo/cluster.ts';
import { ROOT } from '../../../examples/demo/processes.ts';

export function tryOnOwnGround(ground: string): string {
  return lines({
    who: ' as root',
    enter: `npm run clusters -- shell east --name ${ground}    # kubectl is set to east; --context west for the other. In it:`,
    silence: 'ip link set west down    # west falls silent; up ends it',
  });
}

/** `westNode` is the container that all of west runs in. */
export function tryOnKind(kubeconfig: string, westNode: string): string {
  return lines({
    who: '',
    enter: `export KUBECONFIG=${kubeconfig}    # kubectl is set to east; --context west for the other`,
    silence: `docker pause ${westNode}    # west falls silent; docker unpause ends it`,
  });
}

function lines({ who, enter, silence }: Readonly<Record<'who' | 'enter' | 'silence', string>>): string {
  return [
    `Try${who} in another terminal, after cd ${ROOT}`,
    `  ${enter}`,
    `    kubectl get pods,serviceexports,serviceimports -n ${NAMESPACE}`,
    '    npx isthmus status --context east',
    '    npx isthmus explain web/cart.shop --context east',
    '    kubectl apply -f examples/shop/policies/carts-to-west.yaml    # kubectl delete -f undoes it',
    `    kubectl scale deployment/cart -n ${NAMESPACE} --replicas=0    # the cart of east goes; --replicas=1 brings it back`,
    `    kubectl --context west delete pods --all -n ${NAMESPACE} --grace-period=0 --force    # all of west dies; its Deployments bring it back`,
    `    ${silence}`,
    'Ctrl-C ends everything.',
  ].join('\n');
}
