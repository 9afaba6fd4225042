// Before every file of tests: with DNC_TEST_SEED its random checks are those of the run that printed that seed.
const { DNC_TEST_SEED: seed } = process.env;
if (seed !== undefined && seed !== '') {
  const { default: fc } = await import('fast-check');
  fc.configureGlobal({ seed: Number(seed) });
}
