/** `node federation/main.ts --dir <cluster folder>`: the controller of a standalone cluster. Ends on SIGTERM or SIGINT. */
import module from 'node:module';

// Compiled and type-stripped modules are kept between runs: 20 MB less, because the stripper is then not loaded.
module.enableCompileCache();
const { runController } = await import('./program.ts');
// Whatever a library still holds open must not keep the program.
process.exit(await runController(process.argv.slice(2)));
