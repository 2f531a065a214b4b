import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ArgumentError } from '../../src/errors.js';
import { readModelBytes, saveFile, writeFileAtomic } from '../../src/node/index.js';

const windows = process.platform === 'win32';
if (windows) console.warn('skipped: permissions and links of files, as Windows has others');
const bytes = Uint8Array.from({ length: 5000 }, (_, i) => i % 251);

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lanegrad-files-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

describe('writeFileAtomic', () => {
  it('writes a new file and replaces an old one, leaving nothing else', async () => {
    const path = join(directory, 'model');
    await writeFileAtomic(path, bytes);
    expect(new Uint8Array(await readFile(path))).toEqual(bytes);
    await writeFileAtomic(path, bytes.subarray(0, 3));
    expect(new Uint8Array(await readFile(path))).toEqual(bytes.slice(0, 3));
    expect(await readdir(directory)).toEqual(['model']);
  });

  it('leaves no temporary file behind when it fails', async () => {
    await mkdir(join(directory, 'taken'));
    await expect(writeFileAtomic(join(directory, 'taken'), bytes)).rejects.toThrow(ArgumentError);
    expect(await readdir(directory)).toEqual(['taken']);
    const notBytes = { length: 3 } as unknown as Uint8Array;
    await expect(writeFileAtomic(join(directory, 'model'), notBytes)).rejects.toThrow(TypeError);
    expect(await readdir(directory)).toEqual(['taken']);
  });

  it('at every moment, a reader sees one whole version', async () => {
    const path = join(directory, 'model');
    const versions = Array.from({ length: 20 }, (_, i) => new Uint8Array(100_000).fill(i));
    await writeFileAtomic(path, versions[0] as Uint8Array);
    let done = false;
    const reader = (async () => {
      while (!done) {
        const seen = await readFile(path);
        expect(seen.length).toBe(100_000);
        expect(seen.every((byte) => byte === seen[0])).toBe(true);
      }
    })();
    await Promise.all(versions.map((version) => writeFileAtomic(path, version)));
    done = true;
    await reader;
    expect(await readdir(directory)).toEqual(['model']);
  });

  it.skipIf(windows)('keeps the permissions of a file and the link to it', async () => {
    const path = join(directory, 'model');
    await writeFile(path, 'old');
    await chmod(path, 0o640);
    await symlink('model', join(directory, 'latest'));
    await writeFileAtomic(join(directory, 'latest'), bytes);
    expect((await lstat(join(directory, 'latest'))).isSymbolicLink()).toBe(true);
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect(new Uint8Array(await readFile(path))).toEqual(bytes);
  });
});

describe('saveFile and readModelBytes', () => {
  it('keep what the model saves', async () => {
    const path = join(directory, 'a.safetensors');
    await saveFile(path, { save: () => bytes });
    const read = await readModelBytes(path);
    expect(read).toEqual(bytes);
    expect(Object.getPrototypeOf(read)).toBe(Uint8Array.prototype);
  });

  it('say which path cannot be used', async () => {
    const lost = join(directory, 'none', 'a');
    await expect(saveFile(lost, { save: () => bytes })).rejects.toThrow(ArgumentError);
    await expect(saveFile(lost, { save: () => bytes })).rejects.toThrow('saveFile: `path` must exist');
    await expect(readModelBytes(lost)).rejects.toThrow('readModelBytes: `path` must exist');
    await expect(readModelBytes(directory)).rejects.toThrow('must be a file, not a directory');
    await expect(readModelBytes('')).rejects.toThrow('readModelBytes: `path` must be a path. Received: "".');
    await expect(readModelBytes('a\0b')).rejects.toThrow('readModelBytes: `path` must be a path. Received: "a');
  });

  it('say what is no model', async () => {
    for (const given of [undefined, null, bytes, {}]) {
      const model = given as unknown as { save(): Uint8Array };
      await expect(saveFile(join(directory, 'b.safetensors'), model)).rejects.toThrow('saveFile: a model is needed');
    }
  });
});
