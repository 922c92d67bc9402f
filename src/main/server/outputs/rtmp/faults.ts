import { constants } from 'node:os';

const { ECONNREFUSED, ECONNRESET, EHOSTUNREACH, ENETUNREACH, EPIPE, ETIMEDOUT } = constants.errno;

const REASONS = new Map<number, string>([
  [ECONNREFUSED, 'nobody listens at that address and port: is the server running?'],
  [ETIMEDOUT, 'the far end did not answer: is the address right, and does a firewall let it through?'],
  [EHOSTUNREACH, 'there is no way to that address from this machine'],
  [ENETUNREACH, 'there is no way to that address from this machine'],
  [ECONNRESET, 'the far end closed the connection'],
  [EPIPE, 'the far end closed the connection'],
]);

/** What FFmpeg's code means to whoever set up the stream. Its own words are left out: some of them hold the address. */
export function whyLost({ code }: { code: number }, { connecting }: { connecting: boolean }): string {
  const known = REASONS.get(-code);
  if (known) return known;
  // Names that are not known, and servers that hang up in the middle of the greeting, are both "Input/output error".
  return connecting
    ? 'the stream was not accepted: check the host name, the application and the stream key, and whether it is in use already'
    : 'the connection was lost';
}
