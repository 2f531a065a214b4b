import { refuse, words } from '../errors.js';
import type { Arithmetic } from './binary.js';
import { VERSION } from './version.generated.js';

/** The custom section that says what a module of kernels is: `0.1.0 simd` (scripts/build.mjs writes it). */
const SECTION = 'lanegrad';

/**
 * The arithmetic of kernels that a user compiled, which must be those of this version.
 * @param files where they are to be had
 * @throws ArgumentError for anything else.
 */
export function arithmeticOf(module: unknown, files: Readonly<Partial<Record<Arithmetic, string>>>): Arithmetic {
  const where = 'createRuntime';
  const names = Object.keys(files) as Arithmetic[];
  const help = `compile ${Object.values(files).join(' or ')} of lanegrad ${VERSION}.`;
  // of whatever realm: edge runtimes make them outside
  if (Object.prototype.toString.call(module) !== '[object WebAssembly.Module]') {
    refuse(where, '`module` must be a WebAssembly.Module', module, help);
  }
  const [section] = WebAssembly.Module.customSections(module as WebAssembly.Module, SECTION);
  if (!section) {
    refuse(where, '`module` must be kernels of lanegrad', words('a module of something else'), help);
  }
  const [version, name] = new TextDecoder().decode(section).split(' ');
  const found = names.find((known) => known === name);
  if (version !== VERSION || !found) {
    const rule = `\`module\` must be kernels of this version, ${VERSION} (${names.join(' or ')})`;
    refuse(where, rule, words(`those of version ${version} (${name})`), help);
  }
  return found;
}
