/**
 * Connections to the Pub/Sub endpoint. Orgs share them, up to a number of streams each, because HTTP/2 servers bound the streams of a
 * connection and one over the bound would wait without a word. TLS everywhere, but for a practice server on this machine.
 */
import { Client, credentials } from '@grpc/grpc-js';

/** Salesforce names no figure; 100 is what HTTP/2 recommends as the least a server should allow, and short calls need room too. */
export const STREAMS_PER_CHANNEL_MAX = 80;
/** An event has at most 1 MB (Pub/Sub API guide, Allocations), and an answer holds no more events than were asked for. */
const RECEIVE_BYTES_MAX = 64 * 1_048_576;
const SEND_BYTES_MAX = 65_536;
const LOOPBACK_HOSTS: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];
const ENDPOINT = /^(?<host>[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]):(?<port>\d{1,5})$/;

type ChannelLease = { readonly client: Client; release(): void };
export type Channels = {
  /** A connection with room for one more stream. */
  lease(): ChannelLease;
  count(): number;
  close(): void;
};

/** Whether an endpoint is spoken to without TLS; throws a TypeError when it is no `host:port`. */
export function isPlaintext(endpoint: string): boolean {
  const host = ENDPOINT.exec(endpoint)?.groups?.['host'];
  if (host === undefined) throw new TypeError('a Pub/Sub endpoint is written host:port');
  return LOOPBACK_HOSTS.includes(host.toLowerCase());
}

/** Dials nothing yet. */
export function createChannels(endpoint: string): Channels {
  const transport = isPlaintext(endpoint) ? credentials.createInsecure() : credentials.createSsl();
  const open: { readonly client: Client; streams: number }[] = [];
  const add = (): (typeof open)[number] => {
    const client = new Client(endpoint, transport, {
      'grpc.max_receive_message_length': RECEIVE_BYTES_MAX,
      'grpc.max_send_message_length': SEND_BYTES_MAX,
      // Without it, clients of one address share one connection.
      'grpc.use_local_subchannel_pool': 1,
    });
    const entry = { client, streams: 0 };
    open.push(entry);
    return entry;
  };
  const drop = (entry: (typeof open)[number]): void => {
    entry.client.close();
    open.splice(open.indexOf(entry), 1);
  };
  return {
    lease() {
      const entry = open.find(({ streams }) => streams < STREAMS_PER_CHANNEL_MAX) ?? add();
      entry.streams += 1;
      let released = false;
      return {
        client: entry.client,
        release() {
          if (released) return;
          released = true;
          entry.streams -= 1;
          if (entry.streams === 0 && open.includes(entry)) drop(entry);
        },
      };
    },
    count: () => open.length,
    close() {
      for (const { client } of open.splice(0)) client.close();
    },
  };
}
