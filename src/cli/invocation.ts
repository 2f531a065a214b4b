/** How this program was called, so that the commands it prints work when they are pasted. */
import { createRequire } from 'node:module';
import { basename, dirname, relative } from 'node:path';

/** A word as a POSIX shell reads it back. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A command line of words. */
export function commandLine(words: readonly string[]): string {
  return words.map(shellWord).join(' ');
}

/**
 * What starts this program again: `lanegrad` where it is on the path, `npx lanegrad` out of node_modules/.bin, and
 * `node bin/lanegrad.cjs` in a clone.
 */
export function programWords(script = process.argv[1] ?? ''): readonly string[] {
  if (basename(script) !== 'lanegrad') return ['node', relative(process.cwd(), script)];
  return basename(dirname(script)) === '.bin' ? ['npx', 'lanegrad'] : ['lanegrad'];
}

/** The version of this package. */
export function packageVersion(): string {
  const { version } = createRequire(import.meta.url)('lanegrad/package.json') as { version: string };
  return version;
}
