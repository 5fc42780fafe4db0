import type { ImageSize } from '../../image/size';
import type { Operation } from '../../inputs/config';
import { printDuration } from '../../inputs/duration';
import type { Outcome, Serving } from '../../outcome';
import type { PhaseName } from '../../report/phase';
import { printBytes } from '../bytes';
import { kindOf, resourceOf } from '../workload';
import { neighbourLines } from './advice';
import { short } from './because';
import { githubLines } from './github';
import { manifestLines } from './manifests';
import { operationLines } from './operations';
import { rolloutLines } from './progress';

/** What a run puts there. */
const IT: Record<Operation['kind'], string> = {
  deploy: 'the new version',
  redeploy: 'the chosen version',
  rollback: 'the earlier version',
  restart: 'the version in its new pods',
};

const OUTCOMES: Record<Outcome, (deployment: string, what: string) => string> = {
  deployed: (it, what) => `${it}: ${what} serves`,
  unchanged: (it) => `${it}: this image was already running, and it serves`,
  refused: (it) => `${it}: stopped before anything was changed in the cluster`,
  failed: (it, what) => `${it}: ${what} does not serve as it should`,
  'failed-rolled-back': (it, what) => `${it}: ${what} does not work; the version before is back and serves`,
  'failed-rollback-failed': (it, what) =>
    `${it}: ${what} does not work, and the version before could not be brought back for certain`,
  'failed-no-previous': (it, what) => `${it}: ${what} does not work, and no other version is known to go back to`,
  restarted: (it) => `${it}: its new pods serve, with the same image`,
  'rolled-back': (it) => `${it}: it is back at an earlier version, which serves`,
  planned: (it) => `${it}: this is what would be done; nothing has been changed, built or pushed`,
  superseded: (it) => `${it}: somebody else changed it meanwhile`,
  cancelled: (it) => `${it}: the run was cancelled`,
  unknown: (it, what) => `${it}: it is not known whether ${what} serves`,
};

const PHASES: Record<PhaseName, string> = {
  build: 'Build and push',
  preflight: 'Check the cluster',
  prove: 'Prove the digest',
  choose: 'Choose the version',
  plan: 'What would be done',
  update: 'Update the workload',
  watch: 'Watch the rollout',
  verify: 'Verify from outside',
  diagnose: 'Find out why it failed',
  rollback: 'Bring the version before back',
  record: 'Record the outcome',
};

const DOES: Record<Operation['kind'], string> = {
  deploy: 'Deploying to',
  redeploy: 'Redeploying to',
  restart: 'Restarting',
  rollback: 'Rolling back',
};

const SERVING: Record<Serving, string> = {
  new: 'Users are served by this version.',
  old: 'Users are not affected: the previous version still serves.',
  both: 'Some users are affected: pods of both versions are ready, and requests go to either.',
  nobody: 'Users are affected: no pod of this app is ready.',
  split:
    'Users are served, by two versions: the partition of the StatefulSet lets some of its pods keep the version that they had.',
  unknown: 'Whether users are affected is not known.',
};

function countOf(layers: number): string {
  return `${layers} ${layers === 1 ? 'layer' : 'layers'}`;
}

interface WayBack {
  readonly outcome: Outcome;
  readonly isKnownGood: boolean;
}

function wayBackTitle({ outcome, isKnownGood }: WayBack): string {
  if (outcome === 'failed-rolled-back') return 'The version before is back already; by hand it would be';
  return isKnownGood
    ? 'The way back to the last version known to have served'
    : 'The way back to what ran before (it is not known to have served)';
}

/** Every line of the log and the summary that is not a problem, by its code. */
export const lines = {
  'log.begin': (p: {
    operation: Operation['kind'];
    isDryRun: boolean;
    image: string;
    deployment: string;
    namespace: string;
    host: string;
  }) =>
    `${p.isDryRun ? 'Plan only, nothing is changed: ' : ''}${DOES[p.operation]} ${resourceOf(p.deployment)} in the namespace ${p.namespace} on ${p.host} (image ${p.image})`,
  'log.connected': (p: { host: string; port: number; username: string; ms: number }) =>
    `Connected to ${p.host}:${p.port} as ${p.username} in ${printDuration(p.ms)}; the host's key is the pinned one`,
  'log.workload': (p: { deployment: string; container: string; image: string; replicas: number; strategy: string }) =>
    `The ${kindOf(p.deployment)} has ${p.replicas} ${p.replicas === 1 ? 'replica' : 'replicas'} (${p.strategy}); its container "${p.container}" runs ${short(p.image)}`,
  'log.one-by-one': (p: { replicas: number }) =>
    `Its pods are replaced one by one, from the last to the first, and each old one ends before its new one starts${p.replicas === 1 ? ': users are without the app meanwhile' : ''}`,
  'log.partition': (p: { kept: number; replicas: number }) =>
    `By the StatefulSet's partition, ${p.kept} of its ${p.replicas} pods keep the old version: only the others are updated, and only they are looked at`,
  'log.no-delete': (p: { namespace: string }) =>
    `The deploy user may not delete pods in ${p.namespace}: should a new pod not come up, this StatefulSet would wait for it even after the version before is put back, until somebody deletes it. The README of this action lists the right to give`,
  'log.trial': (_: object) =>
    'A trial of the change (server-side dry run) was accepted: the rights, the container and the rules of the cluster fit',
  'log.login': (p: { registry: string }) =>
    `The registry ${p.registry} takes the login; whether it may push is seen at the push`,
  'log.existing': (p: { digest: string }) =>
    `The registry has the image of this commit and these build arguments already (${short(p.digest)}): it is not built again`,
  'log.builder': (p: { builder: string }) =>
    `Docker's own builder cannot do all that is asked: starting the temporary builder ${p.builder}`,
  'log.old-buildx': (p: { version: string }) =>
    `This buildx takes no login from its environment (${p.version}): once more, with a docker configuration of this run's own`,
  'log.silent': (p: { last: string }) => `it has said nothing for minutes; docker's last line was "${p.last}"`,
  'log.push-retry': (p: { detail: string; attempt: number; of: number; ms: number }) =>
    `The registry is in trouble (${p.detail}). Trying again in ${printDuration(p.ms)} (attempt ${p.attempt} of ${p.of}); what is done already is not done again.`,
  'log.cache-failed': (p: { detail: string }) =>
    `The build's cache does not work, so the image is built without it: ${p.detail}`,
  'log.no-cache': (p: { detail: string }) =>
    `There is no builder for the cache, so the image is built without it: ${p.detail}`,
  'log.secret-unset': (p: { id: string }) =>
    `The build secret "${p.id}" is left out: the step has no environment variable of the name that "secret-envs" gives`,
  'log.no-github-cache': (_: object) =>
    'This runner offers no cache of GitHub (type=gha), so the image is built without it',
  'log.overtaken': (p: { tag: string }) =>
    `Another run has pushed the tag "${p.tag}" at the same time: pushing once more, to learn the digest of this one's image`,
  'log.proved': (p: { digest: string }) => `The registry has the image that was built: ${p.digest}`,
  'log.held': (p: { deployment: string; url: string }) =>
    `Another run is at work on ${p.deployment}: waiting for it to end (${p.url})`,
  'log.took-over': (p: { url: string }) =>
    `The run that was at work gives no sign of life, so this one goes on (${p.url})`,
  'log.patched': (p: { container: string; from: string; to: string }) =>
    `Container "${p.container}": ${short(p.from)} → ${short(p.to)}`,
  'log.soak': (p: { from: number; to: number; probe: boolean }) =>
    `A new pod must stay ready for ${p.to} s before an old one ends (minReadySeconds ${p.from} → ${p.to}${p.probe ? '' : ', long because there is no readiness probe'})`,
  'log.unchanged': (p: { image: string }) =>
    `The container already has this image (${short(p.image)}): nothing to change, only to see that it serves`,
  ...rolloutLines,
  'log.rolling-back': (p: { container: string; image: string }) =>
    `Container "${p.container}" goes back to ${short(p.image)}, the last image known to have served`,
  'log.events': (_: object) => 'What the cluster said about it',
  'log.event': (p: { about: string; reason: string; message: string; count: number }) =>
    `${p.count} × ${p.about}: ${p.reason}: ${p.message}`,
  ...neighbourLines,
  ...operationLines,
  ...githubLines,
  ...manifestLines,
  'summary.advice': (_: object) => 'What to write',
  'log.no-contact': (p: { detail: string }) => `The cluster cannot be seen at present, trying again: ${p.detail}`,
  'log.retry': (p: { detail: string; attempt: number; ms: number }) =>
    `${p.detail} Trying again in ${printDuration(p.ms)} (attempt ${p.attempt}).`,
  'log.rolling': (_: object) => 'A rollout is under way already; this run replaces it',
  'log.history-lost': (p: { detail: string }) =>
    `How this run ended could not be written into its history: ${p.detail}`,
  'log.logs-of': (p: { pod: string; container: string }) =>
    `The last lines of container "${p.container}" of pod ${p.pod}`,
  'log.next': (p: { next: string }) => `What to do: ${p.next}`,
  'log.way-back': ({ command, ...way }: WayBack & { command: string }) => `${wayBackTitle(way)}: ${command}`,
  'phase.title': (p: { phase: PhaseName }) => PHASES[p.phase],
  'phase.done': (p: { phase: PhaseName; ms: number }) => `✓ ${PHASES[p.phase]}: ${printDuration(p.ms)}`,
  'phase.failed': (p: { phase: PhaseName; ms: number }) => `✗ ${PHASES[p.phase]}: ended after ${printDuration(p.ms)}`,
  'outcome.headline': (p: { outcome: Outcome; deployment: string; operation: Operation['kind'] }) =>
    OUTCOMES[p.outcome](p.deployment, IT[p.operation]),
  'outcome.serving': (p: { serving: Serving }) => SERVING[p.serving],
  'change.cause-back': (p: { image: string; url: string }) => `back to ${p.image || 'the template before'} by ${p.url}`,
  'change.cause': (p: { image: string; commit: string; url: string }) =>
    `${p.image}${p.commit ? ` (commit ${p.commit.slice(0, 12)})` : ''} by ${p.url}`,
  'change.cause-restart': (p: { image: string; url: string }) => `restart of ${p.image} by ${p.url}`,
  'summary.image': (_: object) => 'Image',
  'summary.size': (_: object) => 'Size',
  'summary.size-is': (p: ImageSize) =>
    `${printBytes(p.bytes)} compressed, ${countOf(p.layers)}${p.added ? `; new since the image before: ${p.added.layers === 0 ? 'nothing' : `${countOf(p.added.layers)}, ${printBytes(p.added.bytes)}`}` : ''}`,
  'summary.built': (_: object) => 'Built and pushed in',
  'summary.previous': (_: object) => 'Before',
  'summary.now': (_: object) => 'Runs now',
  'summary.namespace': (_: object) => 'Namespace',
  'summary.revision': (_: object) => 'Revision',
  'summary.commit': (_: object) => 'Commit',
  'summary.took': (_: object) => 'Took',
  'summary.why': (_: object) => 'Why',
  'summary.next': (_: object) => 'What to do',
  'summary.way-back': (way: WayBack) => wayBackTitle(way),
  'summary.more-pods': (p: { count: number }) => `and ${p.count} more ${p.count === 1 ? 'pod' : 'pods'}`,
  'summary.pod': (_: object) => 'Pod',
  'summary.version': (_: object) => 'Version',
  'summary.ready': (_: object) => 'Ready',
  'summary.restarts': (_: object) => 'Restarts',
  'summary.state': (_: object) => 'State',
  'summary.new': (_: object) => 'new',
  'summary.old': (_: object) => 'old',
  'summary.yes': (_: object) => 'yes',
  'summary.no': (_: object) => 'no',
  'summary.plan': (_: object) => 'What would change',
  'summary.history': (_: object) => 'What this container has run',
  'summary.when': (_: object) => 'When (UTC)',
  'summary.ended': (_: object) => 'Ended',
  'summary.run': (_: object) => 'Run',
  'summary.timeline': (_: object) => 'Where the time went',
};
