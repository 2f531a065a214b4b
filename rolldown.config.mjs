import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { defineConfig } from 'rolldown';

/** The nearest folder above a module that holds a package.json with a name. */
function packageOf(module) {
  for (let folder = dirname(module); folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name) return folder;
  }
  return undefined;
}

/** Writes the licences of all bundled packages beside the bundle: they ask for that. */
const licences = {
  name: 'licences',
  generateBundle(_, bundle) {
    const modules = Object.values(bundle).flatMap((chunk) => chunk.moduleIds ?? []);
    const folders = new Set(modules.filter((id) => id.includes('node_modules')).map(packageOf));
    const notices = [...folders].sort().map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `Licence: ${license}`;
      return `${name} ${version} (${license})\n\n${text}\n`;
    });
    const line = `\n${'-'.repeat(80)}\n\n`;
    this.emitFile({ type: 'asset', fileName: 'cli-licences.txt', source: notices.join(line) });
  },
};

// The command with the libraries it uses in one file: installing lanegrad for a server or a Worker brings none of them.
export default defineConfig({
  input: 'dist/src/cli/main.js',
  platform: 'node',
  plugins: [licences],
  output: { dir: 'dist', entryFileNames: 'cli.js', format: 'esm', minify: true, codeSplitting: false },
});
