// Puts page.ts with all that it imports into one HTML file: `node build.mjs spirals.html`. Any bundler will do.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

/** Bundles a page's script and writes the page. */
export async function buildPage(input, file) {
  const build = await rolldown({ input, platform: 'browser' });
  const { output } = await build.generate({ format: 'es', codeSplitting: false, minify: true });
  await build.close();
  // the text must not end the element that holds it
  const script = output[0].code.replaceAll('</script', '<\\/script');
  writeFileSync(
    file,
    `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Two spirals</title>
<style>body { font: 16px sans-serif; text-align: center } canvas { width: 480px; image-rendering: pixelated }</style>
<h1>Two spirals</h1>
<canvas></canvas>
<p><output>…</output></p>
<script type="module">${script}</script>
</html>
`,
  );
}

const own = fileURLToPath(import.meta.url);
if (process.argv[1] === own) await buildPage(own.replace('build.mjs', 'page.ts'), process.argv[2] ?? 'spirals.html');
