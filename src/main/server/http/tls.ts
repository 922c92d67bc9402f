import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface TlsFiles {
  cert: Buffer;
  key: Buffer;
  /** For the log: a certificate that browsers will not take. */
  warning?: string;
}

/**
 * Reads what `--tls_cert` and `--tls_key` name, PEM both; the certificate may be followed by its chain.
 * @throws with what is wrong and what to do, before anything listens.
 */
export function readTls(files: { certFile?: string; keyFile?: string }, now = new Date()): TlsFiles | undefined {
  const { certFile, keyFile } = files;
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined) {
    const [given, missing] = certFile === undefined ? ['--tls_key', '--tls_cert'] : ['--tls_cert', '--tls_key'];
    throw new Error(`${given} needs ${missing} as well: HTTPS takes a certificate and its private key`);
  }
  const [cert, key] = [readPem('--tls_cert', certFile), readPem('--tls_key', keyFile)];
  const certificate = parse(() => new X509Certificate(cert), `--tls_cert ${certFile} is not a certificate in PEM form`);
  const privateKey = parse<KeyObject>(
    () => createPrivateKey(key),
    `--tls_key ${keyFile} is not a private key in PEM form without a passphrase (openssl pkey -in FILE takes one off)`,
  );
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new Error(`--tls_key ${keyFile} does not belong to --tls_cert ${certFile}: they are not of one pair`);
  }
  const warning = outOfDate(certificate, now);
  return { cert, key, ...(warning !== undefined && { warning: `--tls_cert ${certFile} ${warning}` }) };
}

function outOfDate({ validFrom, validTo }: X509Certificate, now: Date): string | undefined {
  if (now > new Date(validTo)) return `expired on ${validTo}: browsers refuse it`;
  return now < new Date(validFrom) ? `is not valid before ${validFrom}: browsers refuse it until then` : undefined;
}

function readPem(flag: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`${flag} ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? error})`);
  }
}

/** OpenSSL's own words ("error:1E08010C:DECODER routines::unsupported") help nobody. */
function parse<T>(make: () => T, message: string): T {
  try {
    return make();
  } catch {
    throw new Error(message);
  }
}
