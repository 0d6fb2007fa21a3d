/** A customer's cart: asks for prices, and notes each look in the ledger. */
import { call, serve } from './call.ts';
import { openLedger } from './ledger-client.ts';

const cluster = process.env['ISTHMUS_CLUSTER'] ?? 'nowhere';
const ledger = openLedger(process.env['ISTHMUS_LEDGER_SHOP_7000']);

serve(async (request) => {
  const prices = await call('http://pricing.shop.svc.clusterset.local/prices', request);
  ledger.note(`cart 7 shown by ${cluster}`);
  return { cluster, items: ['lamp', 'rope'], prices };
});
