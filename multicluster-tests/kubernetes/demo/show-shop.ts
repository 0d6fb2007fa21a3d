/** The shop on clusters that are members of one mesh: started, and shown under a steady load. */
import { runDemo, type RunOptions } from '../../../examples/demo/run-demo.ts';
import { openControllers } from './controllers.ts';
import type { ShopGround } from './shop-cluster.ts';
import { NODE_PORT, startShop } from './shop.ts';

/** Requests per second: what two cores bear beside two clusters. */
const RATE = 100;

/** Answers the exit status. */
export async function showShop(
  ground: ShopGround,
  options: Pick<RunOptions, 'say' | 'interrupted'> & { readonly rate: number | undefined },
): Promise<number> {
  const controllers = await openControllers(ground.clusters);
  options.say('starting the shop');
  await startShop(ground, controllers.all);
  const demo = {
    ...{ url: `http://${ground.nodeAddress}:${NODE_PORT}/`, perSecond: options.rate ?? RATE },
    ...{ controllers: () => controllers.all, whatToTry: () => ground.whatToTry() },
  };
  const status = await runDemo(demo, options);
  controllers.stop();
  return status;
}
