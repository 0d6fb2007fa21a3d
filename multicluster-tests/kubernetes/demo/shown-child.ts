/** The demo where its clusters can be reached: joins them, starts the shop, and shows it. Told: ground, start, flags. */
import { readFlags } from '../../../examples/demo/flags.ts';
import { ROOT } from '../../../examples/demo/processes.ts';
import { interruption, runDemo, sayer } from '../../../examples/demo/run-demo.ts';
import type { Cluster } from '../cluster.ts';
import { standingGround } from '../ground.ts';
import { startMembers } from '../members.ts';
import { openControllers } from './controllers.ts';
import { NODE_PORT, startShop } from './shop.ts';
import { whatToTry } from './what-to-try.ts';

/** What two cores bear beside two clusters. */
const RATE = 100;

const [, , name = '', startedAt = '', ...args] = process.argv;
const flags = readFlags(args);
const say = sayer(Number(startedAt));
const ground = await standingGround(name);
if (ground === undefined) throw new Error(`ground ${name} is not up`);
const [east] = ground.clusters as [Cluster, Cluster];

say('installing Isthmus in east, joining west to it');
await startMembers(ground);
const controllers = await openControllers(ground.clusters);
say('starting the shop');
await startShop(ground.clusters, controllers.all);
const status = await runDemo(
  {
    ...{ url: `http://${east.plan.nodeAddress}:${NODE_PORT}/`, perSecond: flags.rate ?? RATE },
    ...{ controllers: () => controllers.all, whatToTry: () => whatToTry(ROOT, name) },
  },
  { say, interrupted: interruption() },
);
controllers.stop();
process.exit(status);
