import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/setup.ts'],
    setupFiles: ['test/support/replay.ts'],
    testTimeout: 60_000,
    // Engines are native or hold a global backend: one process per file keeps them apart.
    pool: 'forks',
    maxWorkers: 2,
  },
});
