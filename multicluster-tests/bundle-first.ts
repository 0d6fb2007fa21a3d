/** Whole clusters run what is shipped, so it is made anew before their tests. */
export { bundle as setup } from '../scripts/bundle.ts';
