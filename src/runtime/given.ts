import { refuse, words } from '../errors.js';
import { VERSION } from './version.generated.js';

/** The custom section that says what a module of kernels is: `0.1.0 simd` (scripts/build.mjs writes it). */
const SECTION = 'lanegrad';

/**
 * Which kernels a module is that a user compiled; they must be those of this version.
 * @param where who was given it
 * @param files those that are fit, by name, and where they are to be had
 * @throws ArgumentError for anything else.
 */
export function kernelsIn<Name extends string>(
  where: string,
  module: unknown,
  files: Readonly<Record<Name, string>>,
): Name {
  const names = Object.keys(files) as Name[];
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
