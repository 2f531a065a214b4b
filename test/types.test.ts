import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

it('the types let right programs through and refuse wrong ones (test/types)', () => {
  const tsc = fileURLToPath(import.meta.resolve('typescript/package.json')).replace('package.json', 'bin/tsc');
  const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', 'test/types', '--pretty', 'false'], {
    cwd: root,
    encoding: 'utf8',
  });
  const complaints = stdout.split('\n').filter((line) => line.startsWith('test/types/'));
  expect(complaints).toEqual([]);
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
});
