/** Where texts go: results to stdout, progress to stderr, and with --json nothing but JSON lines to stdout. */
import picocolors from 'picocolors';

/** Colours, or functions that do nothing. */
export type Style = ReturnType<typeof picocolors.createColors>;

/** Colours for a stream: only where a person looks at it and did not ask for none (no-color.org). */
export function styleOf(stream: NodeJS.WriteStream): Style {
  return picocolors.createColors(Boolean(stream.isTTY) && !process.env.NO_COLOR && process.env.TERM !== 'dumb');
}

/** What a command prints. */
export class Terminal {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly style = styleOf(process.stdout);

  constructor(options: { readonly json: boolean; readonly quiet: boolean }) {
    this.json = options.json;
    this.quiet = options.quiet;
  }

  /** A line about how things are; not with --quiet. */
  note(label: string, text: string): void {
    if (!this.quiet) this.result(label, text);
  }

  /** A line of the result. */
  result(label: string, text: string): void {
    this.print(`  ${this.style.bold(label.padEnd(9))}${text}`);
  }

  /** Text for a person. */
  print(text: string): void {
    if (!this.json) process.stdout.write(`${text}\n`);
  }

  /** An object for a program. JSON has no NaN and no infinity: they become null. */
  event(event: string, fields: object): void {
    if (this.json) process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
  }
}
