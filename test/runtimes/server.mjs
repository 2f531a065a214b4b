/** A server of pages on this machine, with headers. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript' };

/**
 * Serves pages by their paths, each with its headers and script.
 * @param pages path → { headers, script }; the script is served beside the page, for a Content-Security-Policy of 'self'
 * @param folder of files that are served too
 */
export async function servePages(pages, folder = undefined) {
  const server = createServer(({ url }, response) => {
    const file = folder && join(folder, url);
    if (file && existsSync(file)) {
      return response.writeHead(200, { 'content-type': TYPES[extname(file)] }).end(readFileSync(file));
    }
    const path = url.replace(/\.js$/, '');
    const page = pages[path];
    if (!page) return response.writeHead(404).end();
    const script = url.endsWith('.js');
    response.writeHead(200, { 'content-type': script ? 'text/javascript' : 'text/html', ...page.headers });
    return response.end(script ? page.script : `<!doctype html><title>page</title><script src="${path}.js"></script>`);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
