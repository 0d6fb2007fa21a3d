/** The shop's front: one page is one cart with its prices. */
import { call, serve } from './call.ts';

serve(async (request) => ({
  page: 'checkout',
  cart: await call('http://cart.shop.svc.clusterset.local/cart/7', request),
}));
