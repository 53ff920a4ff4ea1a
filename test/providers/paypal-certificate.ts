import { type KeyObject, sign } from 'node:crypto';

export interface CertificateOptions {
  subject: string;
  /** Its key is in the certificate. */
  publicKey: KeyObject;
  issuer: string;
  issuerKey: KeyObject;
  isAuthority?: boolean;
  notBefore?: Date;
  notAfter?: Date;
}

const YEAR_MS = 365 * 24 * 3_600_000;
/** sha256WithRSAEncryption, commonName and basicConstraints, with their tag and length. */
const SHA256_WITH_RSA = Buffer.from('06092a864886f70d01010b', 'hex');
const COMMON_NAME = Buffer.from('0603550403', 'hex');
const BASIC_CONSTRAINTS = Buffer.from('0603551d13', 'hex');
const NULL = Buffer.from('0500', 'hex');
const TRUE = Buffer.from('0101ff', 'hex');

/** A PEM certificate (RFC 5280, version 3), for which Node has no builder. */
export function makeCertificate(options: CertificateOptions): string {
  const { subject, issuer, publicKey, issuerKey, isAuthority = false } = options;
  const { notBefore = new Date(Date.now() - YEAR_MS), notAfter = new Date(Date.now() + YEAR_MS) } =
    options;
  const algorithm = der(0x30, SHA256_WITH_RSA, NULL);
  const constraints = der(0x04, der(0x30, ...(isAuthority ? [TRUE] : [])));
  const signed = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1, Math.floor(Math.random() * 256)])),
    algorithm,
    name(issuer),
    der(0x30, time(notBefore), time(notAfter)),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, der(0x30, BASIC_CONSTRAINTS, TRUE, constraints))),
  );
  const signature = sign('sha256', signed, issuerKey);
  const certificate = der(0x30, signed, algorithm, der(0x03, Buffer.from([0]), signature));
  const lines = certificate.toString('base64').replace(/(.{64})/g, '$1\n');
  return `-----BEGIN CERTIFICATE-----\n${lines.trimEnd()}\n-----END CERTIFICATE-----\n`;
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function name(commonName: string): Buffer {
  return der(0x30, der(0x31, der(0x30, COMMON_NAME, der(0x0c, Buffer.from(commonName)))));
}

function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/\.\d+|[-:T]/g, '');
  return der(0x18, Buffer.from(digits));
}
