import { CLIENT_CERTIFICATE_ARGV, clientCertificate } from '../../src/kubectl/certificate';

// Made with openssl; their keys are gone. They end on 23 Nov 2027, and the last one on 23 Dec 2026.
const KUBEADM = `-----BEGIN CERTIFICATE-----
MIIBNzCB3wIBATAKBggqhkjOPQQDAjAVMRMwEQYDVQQDDAprdWJlcm5ldGVzMB4X
DTI2MTEyMzA3MTU0MVoXDTI3MTEyMzA3MTU0MVowPDEfMB0GA1UECgwWa3ViZWFk
bTpjbHVzdGVyLWFkbWluczEZMBcGA1UEAwwQa3ViZXJuZXRlcy1hZG1pbjBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABIR5ojdfv2qSitZQPURneRsdUuTCGJMIhPiA
lDUR1jvm4LIsGGcRrfRRFu4NJdZGS4kZOf0fRSJ2ukthFVYRBTUwCgYIKoZIzj0E
AwIDRwAwRAIgXjUiyjpSRlBsPAdq8g2No9c+12zhTiVacP329SyFqdoCIFspLrRh
yTPXX5xhKG3sks0vitNLQfySql/177NDNAqN
-----END CERTIFICATE-----
`;
const K3S = `-----BEGIN CERTIFICATE-----
MIIBOTCB4QIBATAKBggqhkjOPQQDAjAjMSEwHwYDVQQDDBhrM3MtY2xpZW50LWNh
QDE3MDAwMDAwMDAwHhcNMjYxMTIzMDcxNTQxWhcNMjcxMTIzMDcxNTQxWjAwMRcw
FQYDVQQKDA5zeXN0ZW06bWFzdGVyczEVMBMGA1UEAwwMc3lzdGVtOmFkbWluMFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEljZ5uvueRjWNHukOatgZ1tt8rg/0Xjb1
ZuHVUgbWF7hzXYPswabLI6R0odIj4eENi5cEM5EDn+f73k4eQZ/e9zAKBggqhkjO
PQQDAgNHADBEAiBj8fUbEmCFtOEMlAbd4BjhnQ/LTTJ+2bUdCx3grh35xAIgM52G
Jg+7/nox7L0t5+auts4lrV9Q1+v0lCZCLiehQtU=
-----END CERTIFICATE-----
`;
const BY_HAND = `-----BEGIN CERTIFICATE-----
MIIBDjCBtgIBATAKBggqhkjOPQQDAjAVMRMwEQYDVQQDDAprdWJlcm5ldGVzMB4X
DTI2MTEyMzA3MTU0MVoXDTI2MTIyMzA3MTU0MVowEzERMA8GA1UEAwwIZGVwbG95
ZXIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARSFhznKbUP20VAme9dbNTsbVP5
LQqot+lRh5lPsVJVyqXDkYtWxErKtrQKutqq21t4JQN97I1ueKNzfBn0L9UgMAoG
CCqGSM49BAMCA0cAMEQCIBmU2/8phfnf7lQ1ajpB2fpjvBKAUTz7vmDVlGnAynLK
AiBNpFRArGGpnnRR5luwtCa+YwSHS2owhvUFsp5MRNegMg==
-----END CERTIFICATE-----
`;

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('the certificate that kubectl signs in with', () => {
  it.each([
    ['kubeadm', KUBEADM, '2027-11-23T07:15:41.000Z'],
    ['k3s', K3S, '2027-11-23T07:15:41.000Z'],
    ['other', BY_HAND, '2026-12-23T07:15:41.000Z'],
  ] as const)('of %s tells its end', (madeBy, pem, end) =>
    expect(clientCertificate(base64(pem))).toEqual({ end: new Date(end), madeBy }),
  );

  it('is the first of a chain', () =>
    expect(clientCertificate(base64(BY_HAND + KUBEADM))).toEqual(clientCertificate(base64(BY_HAND))));

  it('may stand on a line of its own', () =>
    expect(clientCertificate(`${base64(KUBEADM)}\n`)).toEqual(clientCertificate(base64(KUBEADM))));

  it.each([
    ['nothing, as for a token or a file', ''],
    ['no base64', '***'],
    ['no certificate', base64('nonsense')],
    ['half of one', base64(KUBEADM.slice(0, 200))],
    ['one that is not in base64', KUBEADM],
  ])('is unknown where kubectl prints %s', (_, printed) => expect(clientCertificate(printed)).toBeUndefined());

  it('is asked for by a call that prints no key', () => {
    expect(CLIENT_CERTIFICATE_ARGV.join(' ')).toBe(
      'config view --raw --minify --output jsonpath={.users[0].user.client-certificate-data}',
    );
  });
});
