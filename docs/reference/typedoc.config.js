import { readFileSync } from 'node:fs';

const { exports } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

/** What people import: `./data` has its types in dist/src/data/index.d.ts, which src/data/index.ts becomes. */
const entryPoints = Object.values(exports)
  .map(({ types }) => /^\.\/dist\/(src\/.*)\.d\.ts$/.exec(types)?.[1])
  .filter((path) => path !== undefined)
  .map((path) => `../../${path}.ts`);

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  name: 'lanegrad',
  tsconfig: 'tsconfig.json',
  entryPoints,
  out: '../../build/reference',
  readme: 'none',
  excludePrivate: true,
  excludeInternal: true,
  disableSources: true,
  disableGit: true,
  treatWarningsAsErrors: true,
  validation: { notExported: true, invalidLink: true, rewrittenLink: true, notDocumented: true },
  // words.js looks for the options of functions too
  plugin: ['./words.js'],
  requiredToBeDocumented: [
    'Module',
    'Variable',
    'Function',
    'Class',
    'Interface',
    'TypeAlias',
    'Enum',
    'Method',
    'Accessor',
    'Constructor',
    'Property',
    'EnumMember',
  ],
  // types of the inside that signatures name; the words beside them say what they are
  intentionallyNotExported: ['Network', 'LOSSES', 'src/nn/optimizers.ts:Options'],
};
