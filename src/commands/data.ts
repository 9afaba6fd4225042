import { type Command, sharedOptions, UsageError } from './command.js';

export const data: Command = {
  name: 'data',
  summary:
    'Looks at the rows of a spec (check), or downloads a public data set (fetch): mnist, fashion_mnist or cifar10. Nothing else in dnc downloads data.',
  parameters: '<action> [what]',
  options: [
    sharedOptions.set,
    sharedOptions.dataDir,
    { flags: '--strict', description: 'check: what is only doubtful ends with exit code 4, too' },
    { flags: '--from <address>', description: 'fetch: the place that has the files, instead of the known mirrors' },
    {
      flags: '--timeout <seconds>',
      description: 'fetch: seconds without a byte after which a server is given up (default: 30)',
    },
    sharedOptions.json,
  ],
  examples: [
    'dnc data check',
    'dnc data check net.dn --data-dir data --strict',
    'dnc data fetch mnist',
    'dnc data fetch cifar10 --data-dir data',
  ],
  run: async ({ parameters: [action, what], options, io }) => {
    const own = { check: ['strict', 'set'], fetch: ['from', 'timeout'] } as const;
    if (action !== 'check' && action !== 'fetch') throw new UsageError(`dnc data takes check or fetch, not ${action}`);
    for (const name of own[action === 'check' ? 'fetch' : 'check'])
      if (options[name] !== undefined)
        throw new UsageError(`--${name} belongs to dnc data ${action === 'check' ? 'fetch' : 'check'}`);
    if (action === 'check') {
      const { checkData } = await import('./data-check.js');
      return checkData(what, options, io);
    }
    const { fetchData } = await import('./data-fetch.js');
    return fetchData(what, options, io);
  },
};
