// Bundles lib/main.js into dist/, in pure JavaScript: the same bytes on every machine.

const { rmSync, writeFileSync, mkdirSync } = require('node:fs');
const { join } = require('node:path');
const ncc = require('@vercel/ncc');

const root = join(__dirname, '..');
const dist = join(root, 'dist');

async function bundle() {
  const { code, assets } = await ncc(join(root, 'lib/main.js'), {
    minify: true,
    license: 'licenses.txt',
    // Only @actions/core's OIDC tokens need an HTTP client, and none are asked for: it is 40 % of the bundle and of the start.
    externals: { '@actions/http-client': 'node:http', '@actions/http-client/lib/auth': 'node:http' },
    quiet: true,
    cache: false,
  });
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
  writeFileSync(join(dist, 'index.js'), code);
  // ssh2's native speed-ups and its helper for Windows are left out: they differ by machine, and it runs without them.
  writeFileSync(join(dist, 'licenses.txt'), assets['licenses.txt'].source);
  const left = Object.keys(assets).filter((name) => name !== 'licenses.txt' && !/(\.node|\.exe)$/.test(name));
  if (left.length > 0) throw new Error(`the bundle has files that nobody expects: ${left.join(', ')}`);
}

bundle().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
