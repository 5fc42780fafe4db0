import { codesOf, configOf, problemsOf } from './sample';

describe('an operation', () => {
  it.each([
    [{}, { kind: 'deploy' }],
    [{ operation: 'deploy' }, { kind: 'deploy' }],
    [{ operation: 'restart' }, { kind: 'restart' }],
    [{ operation: 'rollback' }, { kind: 'rollback' }],
    [
      { operation: 'rollback', version: '7' },
      { kind: 'rollback', version: '7' },
    ],
    [{ operation: 'redeploy' }, { kind: 'redeploy', allowOtherBuildArgs: false }],
    [
      { operation: 'redeploy', version: 'v1', 'allow-other-build-args': 'true' },
      { kind: 'redeploy', version: 'v1', allowOtherBuildArgs: true },
    ],
  ])('%j is %j', (given, operation) => expect(configOf(given).operation).toEqual(operation));

  it.each(['undo', 'Deploy', 'deploy,restart', 'rollback --to-revision=1'])('is not %j', (operation) =>
    expect(codesOf({ operation })).toEqual(['input.shape']),
  );

  it.each(['deploy', 'restart'])('of "%s" takes no version: whoever asks for one must not get another', (operation) =>
    expect(problemsOf({ operation, version: 'v1' })).toEqual([
      { code: 'input.version', params: { operation, given: 'v1' } },
    ]),
  );

  it.each(['-v1', 'v 1', '$(id)', 'a;b', "a'b"])('takes no version such as %j', (version) =>
    expect(codesOf({ operation: 'redeploy', version })).toEqual(['input.shape']),
  );

  it.each([
    'v1.2.3',
    '7',
    `sha256:${'0'.repeat(64)}`,
    'a'.repeat(40),
    'ghcr.io/user/app:v1',
    `user/app:v1@sha256:${'0'.repeat(64)}`,
  ])('takes the version %j', (version) =>
    expect(configOf({ operation: 'redeploy', version }).operation).toMatchObject({ version }),
  );

  it('is only planned where that is asked for', () =>
    expect([configOf().isDryRun, configOf({ 'dry-run': 'true' }).isDryRun]).toEqual([false, true]));
});
