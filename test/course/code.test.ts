/** The code that a lesson shows stands alone: it compiles with what it imports, and imports what users can. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { CODE } from '../../src/course/code.generated.js';
import { LESSONS } from '../../src/course/lessons.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = join(root, 'build', 'course');

it('every lesson has code, and nothing else has', () => {
  expect(Object.keys(CODE).sort()).toEqual(LESSONS.map(({ name }) => name).sort());
});

it('the code of every lesson compiles by itself', () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, code] of Object.entries(CODE)) {
    const text = code.replace("'./sets.js'", "'../../src/course/sets.js'");
    writeFileSync(join(folder, `${name}.ts`), `${text}\nexport { experiment };\n`);
  }
  const compilerOptions = { rootDir: '../..', noEmit: true };
  const config = { extends: '../../tsconfig.json', compilerOptions, include: ['*.ts'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const compiler = fileURLToPath(import.meta.resolve('typescript/package.json')).replace('package.json', 'bin/tsc');
  const output = (() => {
    try {
      return execFileSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' });
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  })();
  expect(output).toBe('');
});
