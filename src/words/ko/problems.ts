import type * as english from '../en/problems';
import { buildProblems } from './build';
import { clusterCauses } from './causes-cluster';
import { podCauses } from './causes-pod';
import { clusterProblems } from './cluster';
import { githubProblems } from './github';
import { inputProblems } from './inputs';
import { manifestProblems } from './manifests';
import { rollbackProblems, rolloutProblems } from './rollout';
import { sshProblems } from './ssh';

/** Every problem a user can read, by its code: what happened and why, and what to do next. */
export const problems: typeof english.problems = {
  ...inputProblems,
  ...buildProblems,
  ...sshProblems,
  ...clusterProblems,
  ...manifestProblems,
  ...rolloutProblems,
  ...rollbackProblems,
  ...githubProblems,
  ...podCauses,
  ...clusterCauses,
};
