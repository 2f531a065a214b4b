// The API reference, as pages in build/reference: `npm run reference`. It needs an older TypeScript than the product, so it has a package
// of its own (docs/reference), installed on the first run. A public symbol without a docstring (options, results and what they
// hold too), a broken link and a type that a signature names but nobody can look up are errors.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'docs', 'reference');
if (!existsSync(join(folder, '../../src/runtime/kernels.generated.ts'))) {
  console.error('reference: build the library first: `npm run build`.');
  process.exit(2);
}
const run = (command, args, shell = false) =>
  spawnSync(command, args, { cwd: folder, stdio: 'inherit', shell }).status ?? 1;
if (!existsSync(join(folder, 'node_modules', 'typedoc'))) {
  const status = run('npm', ['install', '--no-audit', '--no-fund'], process.platform === 'win32');
  if (status !== 0) process.exit(status);
}
process.exit(run(process.execPath, [join('node_modules', 'typedoc', 'bin', 'typedoc')]));
