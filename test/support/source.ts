/** The sources as syntax trees: what each file imports, and what it uses. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'rolldown/parseAst';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A node of a syntax tree (ESTree with TypeScript's additions). */
export interface SyntaxNode {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** One import, re-export or dynamic import. */
export interface Import {
  /** A file from the root of the project (`src/errors.ts`), or the name of a package. */
  readonly target: string;
  readonly local: boolean;
  /** Only types are imported: the compiler drops it. */
  readonly typeOnly: boolean;
}

/** The text of a file, from the root of the project. */
export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** All hand-written TypeScript files below a folder, as paths from the root. */
export function sourcesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name.replaceAll('\\', '/')))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.generated.ts'))
    .sort();
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as SyntaxNode).type === 'string';
}

/** Every node of a tree. */
function* nodesIn(node: SyntaxNode): Generator<SyntaxNode> {
  yield node;
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) yield* nodesIn(child);
  }
}

/** Every node of a file. */
export function syntaxOf(path: string): SyntaxNode[] {
  return [...nodesIn(parseAst(textOf(path), { lang: 'ts' }) as unknown as SyntaxNode)];
}

function specifierOf(node: SyntaxNode): string | undefined {
  const { source } = node;
  return isNode(source) && typeof source.value === 'string' ? source.value : undefined;
}

const KINDS = [
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
];

function isTypeOnly(node: SyntaxNode): boolean {
  if (node.type === 'TSImportType' || node.importKind === 'type' || node.exportKind === 'type') return true;
  const specifiers = (node.specifiers ?? []) as readonly SyntaxNode[];
  return specifiers.length > 0 && specifiers.every((one) => one.importKind === 'type' || one.exportKind === 'type');
}

/** The files that names of this package stand for (`imports` of package.json), where there is more than one choice. */
const CHOICES: Readonly<Record<string, string>> = {
  '#wasm': 'src/runtime/embedded.ts',
  '#predict': 'src/runtime/predict/embedded.ts',
  '#background': 'src/model/background/fit.ts',
};

/** What a file imports. */
export function importsOf(path: string): Import[] {
  return syntaxOf(path).flatMap((node) => {
    const specifier = KINDS.includes(node.type) ? specifierOf(node) : undefined;
    if (specifier === undefined) return [];
    const chosen = CHOICES[specifier];
    const local = chosen !== undefined || specifier.startsWith('.');
    const target = chosen ?? (local ? normalize(join(dirname(path), specifier)).replace(/\.js$/, '.ts') : specifier);
    return [{ target, local, typeOnly: isTypeOnly(node) }];
  });
}

/** The files that loading a file loads, itself first; types are not loaded. */
export function closureOf(path: string): string[] {
  const found = new Set([path]);
  for (const file of found) {
    if (file.endsWith('.generated.ts')) continue;
    for (const { target, local, typeOnly } of importsOf(file)) if (local && !typeOnly) found.add(target);
  }
  return [...found];
}

/** The bytes of a file, from the root of the project. */
export function bytesIn(path: string): Buffer {
  return readFileSync(join(ROOT, path));
}
