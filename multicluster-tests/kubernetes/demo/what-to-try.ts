/** What the demo has its guest type in another terminal. Pure. */
import { NAMESPACE } from '../../../examples/demo/cluster.ts';

export function whatToTry(root: string, ground: string): string {
  return [
    `Try as root in another terminal, after cd ${root}`,
    `  npm run clusters -- shell east --name ${ground}    # kubectl is set to east; --context west for the other. In it:`,
    `    kubectl get pods,serviceexports,serviceimports -n ${NAMESPACE}`,
    '    npx isthmus status --context east',
    '    npx isthmus explain web/cart.shop --context east',
    '    kubectl apply -f examples/shop/policies/carts-to-west.yaml    # kubectl delete -f undoes it',
    `    kubectl scale deployment/cart -n ${NAMESPACE} --replicas=0    # the cart of east goes; --replicas=1 brings it back`,
    `    kubectl --context west delete pods --all -n ${NAMESPACE} --grace-period=0 --force    # all of west dies; its Deployments bring it back`,
    '    ip link set west down    # west falls silent; up ends it',
    'Ctrl-C ends everything.',
  ].join('\n');
}
