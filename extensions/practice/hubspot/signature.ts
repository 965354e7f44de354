/** HubSpot's request signatures (HubSpot docs, Request validation, January 2025): version 3 for webhooks and card calls, 2 beside it. */
import { createHash, createHmac } from 'node:crypto';

/** The only escapes that are decoded before signing. */
const DECODED: Readonly<Record<string, string>> = {
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

export interface SignedRequest {
  readonly method: string;
  /** Full public URI, query included, as sent. */
  readonly uri: string;
  /** Body bytes as text; empty for none. */
  readonly body: string;
}

/** base64(HMAC-SHA-256(secret, METHOD + decoded URI + body + timestamp)). */
export function signVersion3(secret: string, request: SignedRequest, timestampMs: number): string {
  const uri = request.uri.replace(/%[0-9A-F]{2}/gi, (escape) => DECODED[escape.toUpperCase()] ?? escape);
  return createHmac('sha256', secret)
    .update(`${request.method}${uri}${request.body}${timestampMs}`, 'utf8')
    .digest('base64');
}

/** hex(SHA-256(secret + METHOD + URI + body)). */
export function signVersion2(secret: string, request: SignedRequest): string {
  return createHash('sha256').update(`${secret}${request.method}${request.uri}${request.body}`, 'utf8').digest('hex');
}

/** The headers HubSpot puts on a card's call. */
export function signatureHeaders(secret: string, request: SignedRequest, timestampMs: number): Record<string, string> {
  return {
    'X-HubSpot-Signature': signVersion2(secret, request),
    'X-HubSpot-Signature-Version': 'v2',
    'X-HubSpot-Request-Timestamp': String(timestampMs),
    'X-HubSpot-Signature-v3': signVersion3(secret, request, timestampMs),
  };
}

/** The address that really answers for a public URL: its origin swapped when a local one is known. */
export function localUrl(publicUrl: string, publicToLocal: Readonly<Record<string, string>>): string {
  const url = new URL(publicUrl);
  const local = publicToLocal[url.origin];
  return local === undefined ? publicUrl : `${new URL(local).origin}${publicUrl.slice(url.origin.length)}`;
}
