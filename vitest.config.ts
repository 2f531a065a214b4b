import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    // examples and tests import the library by its name, as users do
    alias: [
      { find: /^#wasm$/, replacement: at('src/runtime/embedded.ts') },
      { find: /^#predict$/, replacement: at('src/runtime/predict/embedded.ts') },
      { find: /^#background$/, replacement: at('src/model/background/fit.ts') },
      { find: /^lanegrad$/, replacement: at('src/index.ts') },
      { find: /^lanegrad\/(data|estimators|metrics|node)$/, replacement: at('src/$1/index.ts') },
      { find: /^lanegrad\/(kernels|predict)$/, replacement: at('src/$1.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // the machine that runs the tests may have two cores, and some tests start processes of their own
    maxWorkers: 2,
  },
});
