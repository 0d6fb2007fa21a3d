/** Prices depend on what is in stock. */
import { call, serve } from './call.ts';

const cluster = process.env['ISTHMUS_CLUSTER'] ?? 'nowhere';

serve(async (request) => {
  const stock = await call('http://inventory.shop.svc.clusterset.local/stock', request);
  return { cluster, lamp: 30, rope: 12, stock };
});
