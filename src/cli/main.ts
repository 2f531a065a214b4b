/** The `lanegrad` command: chooses the verb, and turns whatever happens into an exit code. */
import { type ArgsDef, defineCommand, runCommand } from 'citty';
import { ArgumentError, DivergenceError, FormatError, MemoryLimitError, suggest, UnsupportedError } from '../errors.js';
import { systemCode } from '../node/files.js';
import { checkArguments, type Verb } from './arguments.js';
import { course } from './course.js';
import { doctor } from './doctor.js';
import { evaluate } from './evaluate.js';
import { programHelp, verbHelp } from './help.js';
import { packageVersion } from './invocation.js';
import { predict } from './predict.js';
import { summary } from './summary.js';
import { styleOf } from './terminal.js';
import { train } from './train.js';

const VERBS: Readonly<Record<string, Verb>> = { train, evaluate, predict, summary, doctor, course };

/** System errors of a disk, or a share of it, that is full. */
const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

/** Exit codes: all went well, the work failed, the command was used wrongly or given something unusable. */
const Exit = { done: 0, failed: 1, usage: 2 } as const;

/** What is wrong with a first word that is no command. */
function unknownText(name: string): string {
  if (!name.startsWith('-')) return `unknown command \`${name}\`: ${suggest(name, Object.keys(VERBS))}`;
  const near = suggest(name, ['--help', '--version']);
  if (near.startsWith('did')) return `unknown flag \`${name}\`: ${near}`;
  return `a command is missing before \`${name}\`: see \`lanegrad --help\`.`;
}

async function main([name, ...rest]: readonly string[]): Promise<void> {
  const style = styleOf(process.stdout);
  const [first] = rest;
  if (name === 'help' && first !== undefined) return main([first, '--help']);
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(`${programHelp(VERBS, packageVersion(), style)}\n`);
    return;
  }
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${packageVersion()}\n`);
    return;
  }
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (!verb) throw new ArgumentError(`lanegrad: ${unknownText(name)}`);
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(`${verbHelp(name, verb, style)}\n`);
    return;
  }
  const definitions: ArgsDef = Object.assign({}, ...Object.values(verb.groups));
  checkArguments(name, definitions, rest);
  await runCommand(defineCommand({ args: definitions, run: ({ args }) => verb.run(args) }), { rawArgs: [...rest] });
}

/** The exit code for an error, after telling about it: in one line what a person can mend, with its stack what not. */
function report(error: unknown): number {
  const style = styleOf(process.stderr);
  const line = (text: string) => process.stderr.write(`${text.replaceAll('\n', ' ')}\n`);
  if (error instanceof DivergenceError) {
    line(error.message);
    return Exit.failed;
  }
  const usage = [ArgumentError, FormatError, MemoryLimitError, UnsupportedError].some((kind) => error instanceof kind);
  if (usage && error instanceof Error) {
    // the command's runtime is none of the user's
    const own = error.message.replace(', or raise `memoryLimit`', '');
    const text = own.startsWith('lanegrad') ? own : `lanegrad: ${own}`;
    line(style.red(text));
    return Exit.usage;
  }
  const { syscall, path } = error as NodeJS.ErrnoException;
  if (error instanceof Error && syscall !== undefined && path !== undefined) {
    const help = FULL.has(systemCode(error)) ? ' Help: make room there, or name another place with --out.' : '';
    line(style.red(`lanegrad: ${path}: ${error.message}.${help}`));
    return Exit.failed;
  }
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return Exit.failed;
}

// a reader such as `head` may leave early, and a disk be full: what is still to be saved is saved all the same
let told = false;
process.stdout.on('error', (error) => {
  if (told || systemCode(error) === 'EPIPE') return;
  told = true;
  process.stderr.write(`lanegrad: stdout cannot be written to: ${error.message}.\n`);
  process.exitCode = Exit.failed;
});
process.stderr.on('error', () => {
  // nobody is left who could be told
});

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = report(error);
}
