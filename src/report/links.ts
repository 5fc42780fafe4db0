import type { RunInfo } from '../inputs/config';

/** What can be an address of GitHub's, and nothing that could be anything else in a page. */
const ADDRESS = /^https:\/\/[\w.-]+(?::\d+)?(?:\/[\w.-]+)+$/;

export interface Link {
  readonly address: string;
  readonly text: string;
}

/** Where the commit that was deployed, and this run, can be looked at; nothing where the runner says no such address. */
export function linksOf({ repositoryUrl, sha, url }: RunInfo): { readonly commit?: Link; readonly run?: Link } {
  const commit = { address: `${repositoryUrl}/commit/${sha}`, text: sha.slice(0, 12) };
  const run = { address: url, text: url.split('/').at(-1) ?? '' };
  const isHash = /^[0-9a-f]{40,64}$/.test(sha);
  return {
    ...(isHash && ADDRESS.test(commit.address) && { commit }),
    ...(/^\d+$/.test(run.text) && ADDRESS.test(run.address) && { run }),
  };
}
