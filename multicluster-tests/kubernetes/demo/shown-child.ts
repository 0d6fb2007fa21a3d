/** The demo on a ground of its own, where its clusters can be reached. Told: ground, start, flags. */
import { readFlags } from '../../../examples/demo/flags.ts';
import { interruption, sayer } from '../../../examples/demo/run-demo.ts';
import { kubeconfigFile } from '../certificates.ts';
import { standingGround } from '../ground.ts';
import { TOOLS } from '../images/ground-images.ts';
import { startMembers } from '../members.ts';
import { showShop } from './show-shop.ts';
import { tryOnOwnGround } from './what-to-try.ts';

const [, , name = '', startedAt = '', ...args] = process.argv;
const { rate } = readFlags(args);
const say = sayer(Number(startedAt));
const ground = await standingGround(name);
const nodeAddress = ground?.plan.clusters[0]?.nodeAddress;
if (ground === undefined || nodeAddress === undefined) throw new Error(`ground ${name} is not up`);

say('installing Isthmus in east, joining west to it');
await startMembers(ground);
const clusters = ground.clusters.map(({ plan, kubectl }) => ({
  ...{ name: plan.name, kubeconfig: kubeconfigFile(plan, 'admin'), kubectl },
}));
const shown = { clusters, image: TOOLS, nodeAddress, whatToTry: () => tryOnOwnGround(name) };
process.exit(await showShop(shown, { say, interrupted: interruption(), rate }));
