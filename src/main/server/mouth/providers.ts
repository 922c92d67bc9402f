/** What runs the network, and why it and nothing faster: shown by /api/health. */
export interface Provider {
  name: 'cpu';
  reason: string;
}

export function chooseProvider(): Provider {
  return { name: 'cpu', reason: 'the lip network needs a fraction of one core; no GPU is used' };
}
