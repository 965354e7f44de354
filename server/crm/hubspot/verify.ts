/**
 * HubSpot's v3 request signature (HubSpot docs, Validating requests). It proves that HubSpot sent exactly these bytes, to this address, at
 * about this time. It does not prove which CRM record a card is on. The address is built from the configured public base URL: a Host or
 * forwarded header is the sender's claim.
 */
import { createHmac, hash, timingSafeEqual } from 'node:crypto';

export type SignedRequest = {
  readonly method: string;
  /** Path and query exactly as received, beginning with `/`. */
  readonly target: string;
  /** The raw bytes; empty for a request without a body. */
  readonly body: Uint8Array;
  /** `X-HubSpot-Signature-v3`. */
  readonly signature: string | undefined;
  /** `X-HubSpot-Request-Timestamp`, epoch ms as text. */
  readonly timestamp: string | undefined;
};

export type SignatureRules = {
  /** For example `https://counterpart.example`; without a trailing slash it may have a path prefix. */
  readonly publicBaseUrl: string;
  /** The current client secret first; during a rotation also the former one. */
  readonly secrets: readonly string[];
  /** Epoch ms. */
  readonly now: number;
};

export const SIGNATURE_REFUSALS = [
  'signature_missing',
  'timestamp_missing',
  'timestamp_malformed',
  'timestamp_too_old',
  'timestamp_in_future',
  'signature_mismatch',
] as const;
type SignatureRefusal = (typeof SIGNATURE_REFUSALS)[number];

export type SignatureVerdict =
  | {
      readonly valid: true;
      readonly signedAt: number;
      /** SHA-256 of what was signed, in hex: the same for a replay, another for HubSpot's own retry, which is signed afresh. */
      readonly digest: string;
      /** 0 for the current secret, 1 for the former one. */
      readonly secretIndex: number;
    }
  | { readonly valid: false; readonly reason: SignatureRefusal };

export const SIGNATURE_AGE_MS_MAX = 300_000;
export const SIGNATURE_AHEAD_MS_MAX = 60_000;
const SECRETS_MAX = 2;

export function verifySignature(request: SignedRequest, rules: SignatureRules): SignatureVerdict {
  if (request.signature === undefined || request.signature === '') return refuse('signature_missing');
  if (request.timestamp === undefined || request.timestamp === '') return refuse('timestamp_missing');
  if (!/^[0-9]{1,15}$/.test(request.timestamp)) return refuse('timestamp_malformed');
  const signedAt = Number(request.timestamp);
  if (rules.now - signedAt > SIGNATURE_AGE_MS_MAX) return refuse('timestamp_too_old');
  if (signedAt - rules.now > SIGNATURE_AHEAD_MS_MAX) return refuse('timestamp_in_future');
  const source = signatureSource(request, rules.publicBaseUrl, request.timestamp);
  const secretIndex = findSecret(source, request.signature, rules.secrets);
  if (secretIndex === null) return refuse('signature_mismatch');
  return { valid: true, signedAt, digest: hash('sha256', source, 'hex'), secretIndex };
}

/** Method, decoded address, raw body and timestamp, joined without separators. */
export function signatureSource(
  request: Pick<SignedRequest, 'method' | 'target' | 'body'>,
  publicBaseUrl: string,
  timestamp: string,
): Buffer {
  const address = decodeSignedUri(publicBaseUrl.replace(/\/+$/, '') + request.target);
  return Buffer.concat([Buffer.from(request.method.toUpperCase() + address), request.body, Buffer.from(timestamp)]);
}

/** Base64 of HMAC-SHA-256, as HubSpot computes it. */
export function signV3(source: Uint8Array, secret: string): string {
  return createHmac('sha256', secret).update(source).digest('base64');
}

/** The escapes that HubSpot's page lists, and no others: `%20`, `%26` and `%3D` stay as they are. */
const DECODED_ESCAPES: Readonly<Record<string, string>> = {
  '%3A': ':',
  '%2F': '/',
  '%3F': '?',
  '%40': '@',
  '%21': '!',
  '%24': '$',
  '%27': "'",
  '%28': '(',
  '%29': ')',
  '%2A': '*',
  '%2C': ',',
  '%3B': ';',
};

/** One pass, so that `%253A` stays `%253A`. */
export function decodeSignedUri(uri: string): string {
  return uri.replace(/%[0-9A-F]{2}/g, (escape) => DECODED_ESCAPES[escape] ?? escape);
}

/** Every secret is tried whatever the outcome of the first, so that timing does not tell which one matched. */
function findSecret(source: Uint8Array, signature: string, secrets: readonly string[]): number | null {
  const given = Buffer.from(signature);
  let found: number | null = null;
  for (const [index, secret] of secrets.slice(0, SECRETS_MAX).entries()) {
    if (secret === '') continue;
    const expected = Buffer.from(signV3(source, secret));
    // The length of a signature is no secret.
    const equal = given.length === expected.length && timingSafeEqual(given, expected);
    if (equal && found === null) found = index;
  }
  return found;
}

function refuse(reason: SignatureRefusal): SignatureVerdict {
  return { valid: false, reason };
}
