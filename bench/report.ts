import type { Host } from './host.js';
import type { Row, Section } from './section.js';
export interface Results {
  readonly host: Host;
  readonly rounds: number;
  readonly absent: Readonly<Record<string, string>>;
  readonly rows: Readonly<Record<string, readonly Row[]>>;
}
export function documentBench(_r: Results, _s: Readonly<Record<string, Section>>): void {}
