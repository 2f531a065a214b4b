import { defineConfig } from 'rolldown';

// The command with the libraries it uses in one file: installing lanegrad for a server or a Worker brings none of them.
export default defineConfig({
  input: 'dist/src/cli/main.js',
  platform: 'node',
  output: { file: 'dist/cli.js', format: 'esm', minify: true, codeSplitting: false },
});
