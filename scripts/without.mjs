// A plugin of the bundler: leaves out what tables hold for documentation and tests (`about`, the formulas), and out of
// lanegrad/predict what only training asks of a layer. Properties of object literals, which no bundler takes out by itself.
import { parseAst } from 'rolldown/parseAst';

/** Where the properties of these names stand in a module, each with the comma behind it. */
function places(code, names) {
  const found = [];
  const look = (node) => {
    if (Array.isArray(node)) {
      for (const one of node) look(one);
    } else if (typeof node?.type === 'string') {
      if (node.type === 'ObjectExpression') {
        const { properties, end } = node;
        properties.forEach((property, i) => {
          if (property.type !== 'Property' || property.computed || !names.includes(property.key.name)) return;
          found.push([property.start, properties[i + 1]?.start ?? end - 1]);
        });
      }
      for (const child of Object.values(node)) look(child);
    }
  };
  look(parseAst(code, { lang: 'ts' }).body);
  return found.sort(([a], [b]) => a - b);
}

/** Without the properties of these names, in the tables and layers of the library. */
export function without(...names) {
  return {
    name: 'without',
    transform: {
      filter: { id: /\/src\/(nn|model|program)\/\w+\.ts$/ },
      handler(code) {
        let kept = '';
        let at = 0;
        for (const [start, end] of places(code, names)) {
          // within one that is left out already
          if (start < at) continue;
          kept += code.slice(at, start);
          at = end;
        }
        return kept + code.slice(at);
      },
    },
  };
}
