// What readers of a lesson see of its source: the part between `// #region code` and `// #endregion`, below the imports that
// it needs. So the code shown is the code that ran.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Modules of the sources under the names that users import them by. */
const PUBLIC = {
  '../../index.js': 'lanegrad',
  '../../data/index.js': 'lanegrad/data',
  '../sets.js': './sets.js',
};

/** The names of an import clause that `code` uses. */
function used(clause, code) {
  const names = clause
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  return names.filter((name) => new RegExp(`\\b${name.replace('type ', '')}\\b`).test(code));
}

/** The shown code of one lesson. */
function shownCode(path) {
  const text = readFileSync(path, 'utf8');
  const [, region] = /\/\/ #region code\n([\s\S]*?)\/\/ #endregion/.exec(text) ?? [];
  if (region === undefined) throw new Error(`${path} has no part between "// #region code" and "// #endregion".`);
  const imports = [...text.matchAll(/^import (?:type )?\{([^}]*)\} from '([^']+)';/gm)].flatMap(([, clause, from]) => {
    const names = from in PUBLIC ? used(clause, region) : [];
    return names.length > 0 ? [`import { ${names.join(', ')} } from '${PUBLIC[from]}';`] : [];
  });
  return `${imports.join('\n')}\n\n${region.trim()}\n`;
}

/** The shown code of every lesson, by name. */
export function lessonCode(folder) {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .sort();
  return Object.fromEntries(files.map((name) => [basename(name, '.ts'), shownCode(join(folder, name))]));
}
