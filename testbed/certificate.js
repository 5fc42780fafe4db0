// Kubeconfigs whose client certificate ends when a test wants it to.

const { execFileSync } = require('node:child_process');
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { kubectl } = require('./sample-app');

/** A kubeconfig of the cluster with a certificate of its own authority, valid for `days`; with 0 it has expired. @param {number} days */
function kubeconfig(days) {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  try {
    const [key, request, cert, serial] = ['key', 'request', 'cert', 'serial'].map((name) => join(folder, name));
    const openssl = (/** @type {string[]} */ ...argv) => execFileSync('openssl', argv, { stdio: 'ignore' });
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    openssl('req', ...kind, '-subj', '/O=system:masters/CN=deployer', '-keyout', key, '-out', request);
    const authority = ['-CA', '/etc/kubernetes/pki/ca.crt', '-CAkey', '/etc/kubernetes/pki/ca.key'];
    const numbers = ['-CAcreateserial', '-CAserial', serial];
    openssl('x509', '-req', '-in', request, ...authority, ...numbers, '-days', String(days), '-out', cert);
    const config = JSON.parse(kubectl('config', 'view', '--raw', '-o', 'json'));
    const data = (/** @type {string} */ file) => readFileSync(file).toString('base64');
    config.users[0].user = { 'client-certificate-data': data(cert), 'client-key-data': data(key) };
    return JSON.stringify(config);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

module.exports = { kubeconfig };
