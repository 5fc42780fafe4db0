// Bundles lib/main.js into dist/, in pure JavaScript: the same bytes on every machine.

const { rmSync, writeFileSync, mkdirSync } = require('node:fs');
const { join } = require('node:path');
const ncc = require('@vercel/ncc');

const root = join(__dirname, '..');
const dist = join(root, 'dist');

/**
 * What takes the place of an HTTP client. @actions/core wants one for OIDC tokens, of which none are asked for, and @actions/github
 * while it loads, for a default that Node's own fetch replaces. The real one and its undici are a third of the bundle.
 */
const NO_CLIENT = 'no-http-client';
const STANDS_IN = '{HttpClient:class{getAgent(){}getAgentDispatcher(){}}}';

async function bundle() {
  const { code, assets } = await ncc(join(root, 'lib/main.js'), {
    minify: true,
    license: 'licenses.txt',
    externals: { '@actions/http-client': NO_CLIENT, '@actions/http-client/lib/auth': 'node:http', undici: 'node:http' },
    quiet: true,
    cache: false,
  });
  const parts = code.split(`require("${NO_CLIENT}")`);
  if (parts.length !== 2) throw new Error(`the HTTP client is asked for in ${parts.length - 1} places, and not in one`);
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
  writeFileSync(join(dist, 'index.js'), parts.join(STANDS_IN));
  // ssh2's native speed-ups and its helper for Windows are left out: they differ by machine, and it runs without them.
  writeFileSync(join(dist, 'licenses.txt'), assets['licenses.txt'].source);
  const left = Object.keys(assets).filter((name) => name !== 'licenses.txt' && !/(\.node|\.exe)$/.test(name));
  if (left.length > 0) throw new Error(`the bundle has files that nobody expects: ${left.join(', ')}`);
}

bundle().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
