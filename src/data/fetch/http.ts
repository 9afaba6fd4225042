import type { ClientRequest, IncomingMessage } from 'node:http';

/** Why an address gave nothing, in words. */
export class NotDelivered extends Error {}

/** Addresses that one may lead to another. */
const MOST_REDIRECTS = 5;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** Its bytes as they come. Ends with `NotDelivered` where the connection is cut or silent. */
  body(): AsyncIterable<Buffer>;
  /** Leaves the rest of it alone. */
  close(): void;
}

/**
 * Asks an address for its bytes from `from` on, as they are stored: without unpacking what a server calls packed. Redirects are followed, a few of them.
 *
 * @throws NotDelivered where the server cannot be reached, is silent for too long, or only leads elsewhere; the reason of `signal` where that stops it
 */
export async function ask(
  url: string,
  options: { readonly from: number; readonly silentSeconds: number; readonly signal: AbortSignal },
): Promise<Answer> {
  let address = new URL(url);
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const answer = await askOnce(address, options);
    const { location } = answer.headers;
    if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return answer;
    answer.close();
    address = new URL(location, address);
    if (!/^https?:$/.test(address.protocol))
      throw new NotDelivered(`it leads to ${address.protocol}, which is no web address`);
  }
  throw new NotDelivered(`it leads on and on: more than ${MOST_REDIRECTS} redirects`);
}

async function askOnce(
  address: URL,
  {
    from,
    silentSeconds,
    signal,
  }: { readonly from: number; readonly silentSeconds: number; readonly signal: AbortSignal },
): Promise<Answer> {
  signal.throwIfAborted();
  const { request } = await (address.protocol === 'https:' ? import('node:https') : import('node:http'));
  let isSilent = false;
  const inWords = (error: unknown, cut: string): Error => {
    if (signal.aborted) return signal.reason as Error;
    if (isSilent) return new NotDelivered(`nothing came for ${silentSeconds} s`);
    const { code, message } = error as NodeJS.ErrnoException;
    return new NotDelivered((code !== undefined && REASONS[code]) || (code === 'ECONNRESET' ? cut : message));
  };
  let sent: ClientRequest | undefined;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sent = request(
      address,
      {
        headers: {
          'accept-encoding': 'identity',
          'user-agent': 'dnc',
          ...(from > 0 && { range: `bytes=${from}-` }),
        },
        timeout: silentSeconds * 1000,
        signal,
        agent: false,
      },
      resolve,
    );
    sent.on('timeout', () => {
      isSilent = true;
      sent!.destroy();
    });
    sent.on('error', (error) => reject(inWords(error, 'the connection was refused before an answer')));
    sent.end();
  });
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: async function* () {
      try {
        for await (const chunk of response) yield chunk as Buffer;
      } catch (error) {
        throw inWords(error, 'the connection was cut');
      }
      if (!response.complete) throw new NotDelivered('the connection was cut');
    },
    close: () => {
      sent!.on('error', () => {});
      response.destroy();
    },
  };
}

/** What the codes of the network mean to a person. */
const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such server, or no network',
  EAI_AGAIN: 'the name of the server cannot be looked up: is there a network?',
  ECONNREFUSED: 'the server refuses connections',
  ENETUNREACH: 'there is no way to the server: is there a network?',
  EHOSTUNREACH: 'there is no way to the server: is there a network?',
  ETIMEDOUT: 'the server does not answer',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not to be trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not to be trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not to be trusted',
};
