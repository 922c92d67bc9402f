import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSelfSignedCertificate, HashAlgorithm, NamedCurveAlgorithm, SignatureAlgorithm } from 'werift';

/** A certificate of its own making and its key, as PEM files in `dir`: what `openssl req -x509` would write. */
export async function writeTestCertificate(dir: string, name = 'tls'): Promise<{ certFile: string; keyFile: string }> {
  const { certPem, keyPem } = await createSelfSignedCertificate(
    { signature: SignatureAlgorithm.ecdsa_3, hash: HashAlgorithm.sha256_4 },
    NamedCurveAlgorithm.secp256r1_23,
  );
  const [certFile, keyFile] = [join(dir, `${name}.pem`), join(dir, `${name}-key.pem`)];
  writeFileSync(certFile, certPem);
  writeFileSync(keyFile, keyPem);
  return { certFile, keyFile };
}
