/** What the presenter can put on. */
export const performances = {
  'perform.button': 'Perform',
  'perform.title': 'Performances',
  'perform.running': 'On stage: {{name}}',
  'perform.unnamed': 'Performance {{number}}',
  'perform.stop': 'End {{name}}',
  'perform.loop': 'repeats',
  'perform.progress': 'How far the performance has come',
  'perform.none': 'This presenter has no performances yet. Describe them in a file and start Herald with',
  'perform.keys': 'Keys: 1 is live, 2 is still, then the performances in this order',
} as const;
