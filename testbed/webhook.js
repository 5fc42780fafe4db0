// An admission webhook of a namespace's pods, served on this machine: it denies all of them, admits all of them, or is
// not there.

const { execFileSync } = require('node:child_process');
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const https = require('node:https');
const { createServer } = require('node:net');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

/**
 * @typedef {object} Webhook
 * @property {object} configuration To apply.
 * @property {() => Promise<void>} start
 * @property {() => Promise<void>} stop
 */

/**
 * @param {string} namespace Whose pods it is asked about; also its name.
 * @param {string} [denial] What it says to each of them; none: it admits them.
 * @returns {Promise<Webhook>}
 */
async function webhook(namespace, denial) {
  const { key, cert } = certificate();
  const port = await freePort();
  const server = https.createServer({ key, cert }, (request, answer) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      const { apiVersion, kind, request: asked } = JSON.parse(text);
      const verdict = denial === undefined ? { allowed: true } : { allowed: false, status: { message: denial } };
      answer.setHeader('content-type', 'application/json');
      answer.end(JSON.stringify({ apiVersion, kind, response: { uid: asked.uid, ...verdict } }));
    });
  });
  return {
    configuration: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: namespace },
      webhooks: [
        {
          name: 'pods.policy.example.com',
          clientConfig: { url: `https://127.0.0.1:${port}/`, caBundle: cert.toString('base64') },
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          timeoutSeconds: 5,
        },
      ],
    },
    start: () => new Promise((done) => server.listen(port, '127.0.0.1', () => done())),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** A key and a certificate of its own, for 127.0.0.1. */
function certificate() {
  const folder = mkdtempSync(join(tmpdir(), 'webhook-'));
  try {
    const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    const name = ['-subj', '/CN=webhook', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync('openssl', ['req', '-x509', ...kind, ...name, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((done, fail) => {
    const server = createServer();
    server.on('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

module.exports = { webhook };
