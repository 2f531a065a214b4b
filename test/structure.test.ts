/** The contract of the house: every row of a table has its other halves, floors, cycles, and what the binary contains. */
import { setFlagsFromString } from 'node:v8';
import { describe, expect, it } from 'vitest';
import * as abi from '../assembly/abi.js';
import { ACTIVATIONS } from '../src/nn/activations.js';
import { LOSSES } from '../src/nn/losses.js';
import { ACCESSES } from '../src/program/accesses.js';
import { INFERENCE } from '../src/program/inferenceops.js';
import { OPERATIONS, type Operation } from '../src/program/ops.js';
import { binaryOf } from '../src/runtime/embedded.js';
import type { OperationOracle } from './oracle/operation.js';
import { OPERATION_ORACLES } from './oracle/operations.js';
import { closureOf, importsOf, type SyntaxNode, sourcesIn, syntaxOf, textOf } from './support/source.js';

type Enum = Readonly<Record<string, string | number>>;

/** Enums that lay out records; the others are vocabularies, each row of which has a kernel, an oracle and a doc line. */
const LAYOUTS = ['Word', 'Flag', 'Header', 'Step', 'Sync'];

/** The operations whose `kind` a vocabulary is. */
const KINDS_OF: Readonly<Record<string, readonly (keyof typeof OPERATIONS)[]>> = {
  Activation: ['Activation', 'ActivationGradient'],
  Loss: ['Loss'],
  Metric: ['Metric'],
  Optimizer: ['Optimizer'],
  Distribution: ['Random'],
  Element: ['Gather'],
  Side: ['Fold'],
  Tile: ['PackB', 'Gemm'],
};

const rowsOf = (one: Enum): string[] => Object.keys(one).filter((key) => Number.isNaN(Number(key)));

const vocabularies = Object.entries(abi)
  .filter(([name, value]) => typeof value === 'object' && !LAYOUTS.includes(name))
  .map(([name, value]) => [name, rowsOf(value as Enum), value as Enum] as const);

/** The cells of every table row of docs/operations.md that begins with a name in code font, by that name. */
function documented(heading: string): Map<string, string[]> {
  const text = textOf('docs/operations.md');
  const at = text.indexOf(heading);
  expect(at, `docs/operations.md has ${heading}`).toBeGreaterThanOrEqual(0);
  const section = text.slice(at + heading.length);
  const [table = ''] = section.slice(section.indexOf('\n|')).trimStart().split('\n\n');
  const rows = table.split('\n').map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return new Map(rows.flatMap(([name = '', ...cells]) => (name.startsWith('`') ? [[name.slice(1, -1), cells]] : [])));
}

const kernels = sourcesIn('assembly')
  .filter((path) => path !== 'assembly/abi.ts')
  .map((path) => textOf(path).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ''))
  .join('\n');

describe.each(vocabularies)('every row of %s', (name, rows, values) => {
  it('belongs to a vocabulary that this test knows', () => {
    expect(name === 'Op' || name in KINDS_OF).toBe(true);
    expect(rows.length).toBeGreaterThan(0);
  });

  it('has a case in the kernels, and only rows have', () => {
    const cases = new Set([...kernels.matchAll(new RegExp(`case ${name}\\.(\\w+):`, 'g'))].map(([, row]) => row));
    expect([...cases].sort()).toEqual([...rows].sort());
  });

  it('has cases with references', () => {
    if (name === 'Op') {
      expect(Object.keys(OPERATION_ORACLES).sort()).toEqual([...rows].sort());
      return;
    }
    for (const operation of KINDS_OF[name] ?? []) {
      const { cases }: OperationOracle = OPERATION_ORACLES[operation];
      expect(new Set(cases.map(({ record }) => record.kind)), operation).toEqual(
        new Set(rows.map((row) => values[row])),
      );
    }
  });

  it('has a line in docs/operations.md', () => {
    const lines = documented(name === 'Op' ? '# Operations' : `\n\`${name}\``);
    expect([...lines.keys()]).toEqual(rows);
  });
});

describe('the operation table', () => {
  const lines = documented('# Operations');

  it('has a row for every operation', () => {
    expect(Object.keys(OPERATIONS)).toEqual(rowsOf(abi.Op));
  });

  it.each(Object.entries<Operation>(OPERATIONS))('says of %s what docs/operations.md says', (name, row) => {
    const names = (access: string) =>
      row.operands.filter((one) => one.access !== access).map((one) => `${one.name}${one.optional ? '?' : ''}`);
    const [written, read] = (row.inPlace ?? []).map((j) => row.operands[j]?.name);
    const [about, operands, inPlace] = lines.get(name) ?? [];
    expect(about).toBe(row.about);
    expect(operands).toBe(`${names('write').join(', ')} → ${names('read').join(', ')}`.trim());
    expect(inPlace).toBe(row.inPlace ? `${written} as ${read}` : '');
  });

  it('has the operations of predictions, and only those, in the kernels of lanegrad/predict', () => {
    const cases = [...textOf('assembly/predict.ts').matchAll(/case Op\.(\w+):/g)].map(([, name]) => name);
    const names = Object.keys(INFERENCE).map((op) => abi.Op[Number(op)]);
    expect(cases.sort()).toEqual(names.sort());
  });

  it('says the same of them in the few letters that lanegrad/predict carries', () => {
    const letters = ({ operands }: Operation | (typeof INFERENCE)[keyof typeof INFERENCE]) =>
      operands.map(({ access }) => access[0]).join('');
    expect(ACCESSES).toEqual(Object.fromEntries(Object.entries(INFERENCE).map(([op, row]) => [op, letters(row)])));
    // only the rows of a batch change from one run to the next
    const stepping = Object.entries(INFERENCE).filter(([, row]) => 'step' in row);
    expect(stepping.map(([op]) => Number(op))).toEqual([abi.Op.Gather]);
  });

  it('is documented with the sizes that the contract says', () => {
    expect(lines.get('PackB')?.join()).toContain('⌈n / columns⌉ · columns values');
    expect(lines.get('Penalty')?.join()).toContain(`one per ${abi.REDUCE_BLOCK} values`);
  });

  it('is documented with the formulas that the library gives', () => {
    const capitalized = (word: string) => word.replace(/^./, (letter) => letter.toUpperCase());
    const activations = documented('\n`Activation`');
    for (const [name, { about }] of Object.entries(ACTIVATIONS)) {
      // softmax is an operation; a slope or α has a letter in the docs and a default in the library
      const [formula] = activations.get(capitalized(name)) ?? [];
      if (name !== 'softmax')
        expect(formula?.replace('p (exp(x) − 1)', 'exp(x) − 1').replace('p x', '0.1 x')).toBe(about);
    }
    const losses = documented('\n`Loss`');
    for (const [name, { about }] of Object.entries(LOSSES)) {
      // what the loss kernel calls z is the output y of the network where no activation is fused
      expect(losses.get(capitalized(name))?.[0]?.replace('(z − t)', '(y − t)')).toBe(about);
    }
  });
});

/** The floor of each part: a file imports from its own floor and those below. */
const FLOORS: readonly (readonly [prefix: string, floor: number])[] = [
  ['assembly/abi.ts', 0],
  ['src/errors.ts', 0],
  ['src/math.ts', 0],
  ['src/random.ts', 0],
  ['src/runtime/', 1],
  ['src/program/', 2],
  ['src/nn/', 3],
  ['src/data/', 3],
  ['src/metrics/', 3],
  ['src/format/', 4],
  ['src/model/', 4],
  ['src/estimators/', 5],
  ['src/node/', 5],
  ['src/report/', 5],
  ['src/course/', 5],
  ['src/cli/', 5],
  ['src/index.ts', 5],
  ['src/kernels.ts', 5],
  ['src/predict.ts', 5],
];

/** Imports that the floors would allow and that must not be. */
const SEPARATE: readonly {
  readonly from: string;
  readonly to: readonly string[];
  readonly except?: readonly string[];
  readonly why: string;
}[] = [
  { from: 'src/nn/', to: ['src/data/'], why: 'layers and data do not know each other' },
  { from: 'src/data/', to: ['src/nn/'], why: 'layers and data do not know each other' },
  {
    from: 'src/metrics/',
    to: ['src/nn/', 'src/data/', 'src/program/', 'src/runtime/', 'assembly/'],
    why: 'metrics know labels and predictions alone',
  },
  {
    from: 'src/',
    to: ['src/metrics/'],
    except: ['src/metrics/', 'src/cli/', 'src/report/', 'src/course/'],
    why: 'what trains and predicts does not carry them',
  },
  { from: 'src/format/', to: ['src/model/', 'src/nn/', 'src/program/'], why: 'a file format knows no models' },
  {
    from: 'src/index.ts',
    to: ['src/cli/', 'src/report/', 'src/course/', 'src/node/', 'src/estimators/'],
    why: 'the core runs everywhere',
  },
  {
    from: 'src/estimators/',
    to: ['src/cli/', 'src/report/', 'src/course/', 'src/node/', 'src/index.ts'],
    why: 'estimators run everywhere',
  },
  {
    from: 'src/kernels.ts',
    to: ['src/cli/', 'src/report/', 'src/course/', 'src/node/'],
    why: 'kernels run everywhere',
  },
  {
    from: 'src/predict.ts',
    to: ['src/cli/', 'src/report/', 'src/course/', 'src/node/', 'src/model/core.ts', 'src/model/model.ts'],
    why: 'what predicts runs everywhere, and trains nothing',
  },
];

const sources = sourcesIn('src');
const imports = sources.flatMap((file) => importsOf(file).map((one) => ({ file, ...one })));
const placeOf = (path: string) => FLOORS.find(([prefix]) => path.startsWith(prefix));
const shown = ({ file, target }: { file: string; target: string }) => `${file} imports ${target}`;

describe('the floors', () => {
  it('have a place for every file', () => {
    expect(sources.filter((file) => placeOf(file) === undefined)).toEqual([]);
    expect(imports.filter(({ local, target }) => local && placeOf(target) === undefined).map(shown)).toEqual([]);
  });

  it('are imported only from above', () => {
    const upward = imports.filter(({ file, target, local }) => {
      return local && (placeOf(target)?.[1] ?? 0) > (placeOf(file)?.[1] ?? 0);
    });
    expect(upward.map(shown)).toEqual([]);
  });

  it.each(SEPARATE)('$from does not import $to: $why', ({ from, to, except = [] }) => {
    const found = imports.filter(
      ({ file, target }) =>
        file.startsWith(from) &&
        !except.some((part) => file.startsWith(part)) &&
        to.some((part) => target.startsWith(part)),
    );
    expect(found.map(shown)).toEqual([]);
  });

  it('let src/nn see of programs the types of the builder alone', () => {
    const found = imports.filter(
      ({ file, target }) => file.startsWith('src/nn/') && /^src\/(program|runtime)\//.test(target),
    );
    const allowed = ['src/program/builder.ts', 'src/program/tensor.ts'];
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter(({ target, typeOnly }) => !typeOnly || !allowed.includes(target)).map(shown)).toEqual([]);
  });

  it('let src see of assembly the contract alone', () => {
    const found = imports.filter(({ target }) => target.startsWith('assembly/'));
    expect(found.filter(({ target }) => target !== 'assembly/abi.ts').map(shown)).toEqual([]);
  });

  it('have no import cycles, types included', () => {
    const graph = new Map(sources.map((file) => [file, importsOf(file).map(({ target }) => target)]));
    const reaches = (from: string): Set<string> => {
      const found = new Set(graph.get(from) ?? []);
      for (const file of found) for (const next of graph.get(file) ?? []) found.add(next);
      return found;
    };
    expect(sources.filter((file) => reaches(file).has(file))).toEqual([]);
  });
});

/** Functions of Math that ECMAScript leaves to the engine, or that give other numbers each time. */
const INEXACT = new Set(
  'exp expm1 log log1p log2 log10 pow sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh cbrt hypot random'.split(
    ' ',
  ),
);

/** What a node does that would make results depend on the engine, the clock or chance. */
function irreproducible(node: SyntaxNode): string | undefined {
  const nameOf = (value: unknown) =>
    (value as SyntaxNode | undefined)?.name ?? (value as SyntaxNode | undefined)?.value;
  if (
    node.type === 'MemberExpression' &&
    nameOf(node.object) === 'Math' &&
    INEXACT.has(String(nameOf(node.property)))
  ) {
    return `Math.${nameOf(node.property)}`;
  }
  if (
    (node.type === 'BinaryExpression' || node.type === 'AssignmentExpression') &&
    /^\*\*/.test(String(node.operator))
  ) {
    return '**';
  }
  const called = node.type === 'NewExpression' || node.type === 'CallExpression' ? nameOf(node.callee) : undefined;
  if (called === 'Date' || (node.type === 'MemberExpression' && nameOf(node.object) === 'Date')) return 'Date';
  // const { exp } = Math, or Math handed on
  const renamed = node.type === 'VariableDeclarator' && nameOf(node.init) === 'Math';
  return renamed ? 'Math under another name' : undefined;
}

/** Files that may use one of these after all, because nothing that is computed depends on it. */
const EXCEPTIONS: Readonly<Record<string, { readonly uses: string; readonly why: string }>> = {
  'src/cli/reporting.ts': { uses: 'Date', why: 'the report says when it was made' },
};

describe('sources', () => {
  it.each(sources)('%s gives the same numbers on every engine, every time', (file) => {
    const { uses } = EXCEPTIONS[file] ?? {};
    const found = new Set(syntaxOf(file).flatMap((node) => irreproducible(node) ?? []));
    expect([...found]).toEqual(uses === undefined ? [] : [uses]);
  });
});

/** Ids of a module's sections in order (WebAssembly Core Specification 2.0, 5.5.2); custom ones are 0. */
function sectionsOf(bytes: Uint8Array): number[] {
  const ids: number[] = [];
  for (let at = 8; at < bytes.length; ) {
    ids.push(bytes[at++] as number);
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] as number;
      size += (byte & 127) << shift;
      if (byte < 128) break;
    }
    at += size;
  }
  return ids;
}

describe.each(['simd', 'relaxed'] as const)('the kernel module %s', (name) => {
  const bytes = binaryOf(name) as Uint8Array<ArrayBuffer>;
  // Node 20 has relaxed SIMD behind a flag, which may be set before the module is compiled
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  const module = new WebAssembly.Module(bytes);

  it('has no data: an instance must not write over memory that others use', () => {
    const sections = sectionsOf(bytes);
    // types, imports, functions, exports and code
    expect(sections).toEqual(expect.arrayContaining([1, 2, 3, 7, 10]));
    expect(sections).not.toContain(11);
    expect(sections).not.toContain(12);
  });

  it('exports run, lead, serve and the memory, and imports the memory', () => {
    expect(
      WebAssembly.Module.exports(module)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['lead', 'memory', 'run', 'serve']);
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
  });

  it('is small', () => {
    console.log(`${name}: ${bytes.length} bytes of WebAssembly`);
    // two or three tiles of the matrix product, and threads or none, so that no engine carries a third module
    expect(bytes.length).toBeLessThanOrEqual(70 * 1024);
  });
});

describe('what the library loads', () => {
  it.each([
    ['src/index.ts', []],
    // bundled: an installation has lanegrad alone
    ['src/data/index.ts', ['papaparse']],
    ['src/metrics/index.ts', []],
    ['src/estimators/index.ts', []],
    ['src/kernels.ts', []],
    ['src/predict.ts', []],
  ])('from %s is %j and nothing of Node', (entry, packages) => {
    const files = closureOf(entry).filter((file) => !file.endsWith('.generated.ts'));
    const loaded = files.flatMap((file) => importsOf(file).filter(({ local, typeOnly }) => !local && !typeOnly));
    expect([...new Set(loaded.map(({ target }) => target))]).toEqual(packages);
  });

  it('from src/predict.ts trains nothing', () => {
    const training = ['src/model/core.ts', 'src/model/fit.ts', 'src/model/programs.ts', 'src/program/builder.ts'];
    const loaded = closureOf('src/predict.ts');
    for (const file of [
      ...training,
      'src/program/ops.ts',
      'src/runtime/runtime.ts',
      'src/nn/layers.ts',
      'src/math.ts',
    ]) {
      expect(loaded, file).not.toContain(file);
    }
  });

  it('is all in the package, which depends on none', () => {
    const { dependencies = {} } = JSON.parse(textOf('package.json')) as { dependencies?: object };
    expect(dependencies).toEqual({});
  });
});
