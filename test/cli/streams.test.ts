/** What the command does where the system takes nothing more: a reader that left, a full disk. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ended, program } from './command.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lanegrad-streams-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const TRAIN = ['train', 'spirals', '--epochs', '20', '--hidden', '8'];
const FILES = ['model.safetensors', 'report.html'];

/** A file that takes nothing: Linux has one. */
const full = '/dev/full';

/** Runs the command with stdout going to a file, if any; stderr is read unless `leaves`, which closes it after the first text. */
function run(args: readonly string[], how: { out?: string; leaves?: boolean; preload?: string } = {}): Promise<Ended> {
  const before = how.preload ? ['--import', pathToFileURL(how.preload).href] : [];
  const child = spawn(process.execPath, [...before, program, ...args], {
    cwd: folder,
    stdio: ['ignore', how.out ? openSync(how.out, 'w') : 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (text) => {
    stdout += text;
  });
  child.stderr?.on('data', (text) => {
    stderr += text;
    if (how.leaves) child.stderr?.destroy();
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

const written = (): string[] => readdirSync(join(folder, 'lanegrad-out')).sort();

describe('readers that leave', () => {
  it('nobody reads the progress on: the training goes on, and is saved', async () => {
    const { code, stdout } = await run(TRAIN, { leaves: true });
    expect(code).toBe(0);
    expect(stdout).toMatch(/ test +accuracy /);
    expect(written()).toEqual(FILES);
  });
});

describe('a full disk', () => {
  it.runIf(existsSync(full))('under stdout: one line, exit code 1, and the model is saved all the same', async () => {
    const { code, stderr } = await run([...TRAIN, '--quiet'], { out: full });
    expect(stderr).toMatch(/^lanegrad: stdout cannot be written to: ENOSPC: [^\n]*\n$/);
    expect(code).toBe(1);
    expect(written()).toEqual(FILES);
  });

  it.each(['--help', 'doctor', 'course', 'predict'])('under stdout of %s: one line and exit code 1', async (word) => {
    if (!existsSync(full)) return console.warn(`skipped: there is no ${full} here`);
    if (word === 'predict') await run([...TRAIN, '--quiet']);
    const more = word === 'predict' ? [join('lanegrad-out', 'model.safetensors'), 'spirals'] : [];
    const { code, stderr } = await run([word, ...more], { out: full });
    expect(stderr).toMatch(/^lanegrad: stdout cannot be written to: ENOSPC: [^\n]*\n$/);
    expect(code).toBe(1);
  });

  it.each([[[]], [['--checkpoint', '--epochs', '200', '--patience', '200']]])(
    'under the model, %j: one line names the file, and nothing is half',
    async (more) => {
      const preload = join(folder, 'full.mjs');
      const reason =
        "Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' })";
      const text = `import promises from 'node:fs/promises';
      import { syncBuiltinESMExports } from 'node:module';
      promises.writeFile = async () => { throw ${reason}; };
      syncBuiltinESMExports();\n`;
      writeFileSync(preload, text);
      const { code, stderr } = await run([...TRAIN, '--quiet', ...more], { preload });
      const file = more.length > 0 ? 'checkpoint' : 'model';
      expect(stderr).toBe(
        `lanegrad: lanegrad-out/${file}.safetensors: ENOSPC: no space left on device, write. Help: make room there, or name another place with --out.\n`,
      );
      expect(code).toBe(1);
      expect(written()).toEqual([]);
    },
  );
});
