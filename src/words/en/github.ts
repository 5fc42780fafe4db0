import { short } from './because';

/** Why GitHub's API did not take something. */
export type ApiFault = 'right' | 'token' | 'unseen' | 'commit' | 'limit' | 'trouble' | 'silent';

const NEXT: Record<ApiFault, string> = {
  right: 'Give the job the right: "permissions:" with "deployments: write" (and "contents: read").',
  token: 'Check "github-token": left out, it is the job\'s own token, which is always valid.',
  unseen: 'Check that "github-token" is for this repository, and may write its deployments.',
  commit: "Check that the image's commit is one of this repository.",
  limit: 'The token has asked too much of GitHub of late. Wait a while: later runs are shown again.',
  trouble: 'If later runs are not shown either, see https://www.githubstatus.com.',
  silent:
    "If later runs are not shown either, see https://www.githubstatus.com, and whether the runner can reach GitHub's API.",
};

/** Trouble with showing a run on GitHub. */
export const githubProblems = {
  'github.deployment': ({ apiFault, detail }: { apiFault: ApiFault; detail: string }) => ({
    what: `The deploy is not touched by it, but GitHub cannot show it among the deployments${detail ? ` (${detail})` : ''}.`,
    next: NEXT[apiFault],
  }),
};

export const githubLines = {
  'deployment.no-ref': ({ image }: { image: string }) =>
    `Not shown among the deployments on GitHub: neither a label nor its tag says of which commit ${short(image)} is`,
  'deployment.lost': (_: object) => 'The run ended without a word: what runs in the cluster is not known',
};
