import { Command } from 'commander';
import { renderExplain } from '../../mesh/decide/explain/render-explain.ts';
import { askController } from '../admin.ts';
import { namespaceOption, outputOption } from '../options.ts';
import { printData, type OutputForm } from '../output/print.ts';
import { routeFrom } from '../route.ts';

/** `isthmus explain web/cart.shop`: where its requests go and why, by the function that the proxies use. */
export function explainCommand(): Command {
  return new Command('explain')
    .description('show where the requests of a caller to a service go, and why')
    .argument('<caller/service>', 'such as web/cart.shop or web.shop/cart.shop:80')
    .addOption(namespaceOption())
    .addOption(outputOption())
    .action(async (route: string, options: { namespace: string; output: OutputForm }, command: Command) => {
      const asked = routeFrom(route, options.namespace);
      const report = await askController(command, (admin) => admin.explain(asked));
      await printData(report, options.output, (wide) => renderExplain(report, { wide }));
    });
}
