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
  'log.begin': ({
    operation,
    isDryRun,
    image,
    deployment,
    namespace,
    host,
  }: {
    operation: Operation['kind'];
    isDryRun: boolean;
    image: string;
    deployment: string;
    namespace: string;
    host: string;
  }) =>
    `${isDryRun ? 'Plan only, nothing is changed: ' : ''}${DOES[operation]} ${resourceOf(deployment)} in the namespace ${namespace} on ${host} (image ${image})`,
  'log.connected': ({ host, port, username, ms }: { host: string; port: number; username: string; ms: number }) =>
    `Connected to ${host}:${port} as ${username} in ${printDuration(ms)}; the host's key is the pinned one`,
  'log.workload': ({
    deployment,
    container,
    image,
    replicas,
    strategy,
  }: {
    deployment: string;
    container: string;
    image: string;
    replicas: number;
    strategy: string;
  }) =>
    `The ${kindOf(deployment)} has ${replicas} ${replicas === 1 ? 'replica' : 'replicas'} (${strategy}); its container "${container}" runs ${short(image)}`,
  'log.one-by-one': ({ replicas }: { replicas: number }) =>
    `Its pods are replaced one by one, from the last to the first, and each old one ends before its new one starts${replicas === 1 ? ': users are without the app meanwhile' : ''}`,
  'log.partition': ({ kept, replicas }: { kept: number; replicas: number }) =>
    `By the StatefulSet's partition, ${kept} of its ${replicas} pods keep the old version: only the others are updated, and only they are looked at`,
  'log.no-delete': ({ namespace }: { namespace: string }) =>
    `The deploy user may not delete pods in ${namespace}: should a new pod not come up, this StatefulSet would wait for it even after the version before is put back, until somebody deletes it. The README of this action lists the right to give`,
  'log.trial': (_: object) =>
    'A trial of the change (server-side dry run) was accepted: the rights, the container and the rules of the cluster fit',
  'log.login': ({ registry }: { registry: string }) =>
    `The registry ${registry} takes the login; whether it may push is seen at the push`,
  'log.existing': ({ digest }: { digest: string }) =>
    `The registry has the image of this commit and these build arguments already (${short(digest)}): it is not built again`,
  'log.builder': ({ builder }: { builder: string }) =>
    `Docker's own builder cannot do all that is asked: starting the temporary builder ${builder}`,
  'log.old-buildx': ({ version }: { version: string }) =>
    `This buildx takes no login from its environment (${version}): once more, with a docker configuration of this run's own`,
  'log.silent': ({ last }: { last: string }) => `it has said nothing for minutes; docker's last line was "${last}"`,
  'log.push-retry': ({ detail, attempt, of, ms }: { detail: string; attempt: number; of: number; ms: number }) =>
    `The registry is in trouble (${detail}). Trying again in ${printDuration(ms)} (attempt ${attempt} of ${of}); what is done already is not done again.`,
  'log.cache-failed': ({ detail }: { detail: string }) =>
    `The build's cache does not work, so the image is built without it: ${detail}`,
  'log.no-cache': ({ detail }: { detail: string }) =>
    `There is no builder for the cache, so the image is built without it: ${detail}`,
  'log.secret-unset': ({ id }: { id: string }) =>
    `The build secret "${id}" is left out: the step has no environment variable of the name that "secret-envs" gives`,
  'log.no-github-cache': (_: object) =>
    'This runner offers no cache of GitHub (type=gha), so the image is built without it',
  'log.overtaken': ({ tag }: { tag: string }) =>
    `Another run has pushed the tag "${tag}" at the same time: pushing once more, to learn the digest of this one's image`,
  'log.proved': ({ digest }: { digest: string }) => `The registry has the image that was built: ${digest}`,
  'log.held': ({ deployment, url }: { deployment: string; url: string }) =>
    `Another run is at work on ${deployment}: waiting for it to end (${url})`,
  'log.took-over': ({ url }: { url: string }) =>
    `The run that was at work gives no sign of life, so this one goes on (${url})`,
  'log.patched': ({ container, from, to }: { container: string; from: string; to: string }) =>
    `Container "${container}": ${short(from)} → ${short(to)}`,
  'log.soak': ({ from, to, probe }: { from: number; to: number; probe: boolean }) =>
    `A new pod must stay ready for ${to} s before an old one ends (minReadySeconds ${from} → ${to}${probe ? '' : ', long because there is no readiness probe'})`,
  'log.unchanged': ({ image }: { image: string }) =>
    `The container already has this image (${short(image)}): nothing to change, only to see that it serves`,
  ...rolloutLines,
  'log.rolling-back': ({ container, image }: { container: string; image: string }) =>
    `Container "${container}" goes back to ${short(image)}, the last image known to have served`,
  'log.events': (_: object) => 'What the cluster said about it',
  'log.event': ({ about, reason, message, count }: { about: string; reason: string; message: string; count: number }) =>
    `${count} × ${about}: ${reason}: ${message}`,
  ...neighbourLines,
  ...operationLines,
  ...githubLines,
  ...manifestLines,
  'summary.advice': (_: object) => 'What to write',
  'log.no-contact': ({ detail }: { detail: string }) =>
    `The cluster cannot be seen at present, trying again: ${detail}`,
  'log.retry': ({ detail, attempt, ms }: { detail: string; attempt: number; ms: number }) =>
    `${detail} Trying again in ${printDuration(ms)} (attempt ${attempt}).`,
  'log.rolling': (_: object) => 'A rollout is under way already; this run replaces it',
  'log.history-lost': ({ detail }: { detail: string }) =>
    `How this run ended could not be written into its history: ${detail}`,
  'log.logs-of': ({ pod, container }: { pod: string; container: string }) =>
    `The last lines of container "${container}" of pod ${pod}`,
  'log.next': ({ next }: { next: string }) => `What to do: ${next}`,
  'log.way-back': ({ command, ...way }: WayBack & { command: string }) => `${wayBackTitle(way)}: ${command}`,
  'phase.title': ({ phase }: { phase: PhaseName }) => PHASES[phase],
  'phase.done': ({ phase, ms }: { phase: PhaseName; ms: number }) => `✓ ${PHASES[phase]}: ${printDuration(ms)}`,
  'phase.failed': ({ phase, ms }: { phase: PhaseName; ms: number }) =>
    `✗ ${PHASES[phase]}: ended after ${printDuration(ms)}`,
  'outcome.headline': ({
    outcome,
    deployment,
    operation,
  }: {
    outcome: Outcome;
    deployment: string;
    operation: Operation['kind'];
  }) => OUTCOMES[outcome](deployment, IT[operation]),
  'outcome.serving': ({ serving }: { serving: Serving }) => SERVING[serving],
  'change.cause-back': ({ image, url }: { image: string; url: string }) =>
    `back to ${image || 'the template before'} by ${url}`,
  'change.cause': ({ image, commit, url }: { image: string; commit: string; url: string }) =>
    `${image}${commit ? ` (commit ${commit.slice(0, 12)})` : ''} by ${url}`,
  'change.cause-restart': ({ image, url }: { image: string; url: string }) => `restart of ${image} by ${url}`,
  'summary.image': (_: object) => 'Image',
  'summary.size': (_: object) => 'Size',
  'summary.size-is': ({ bytes, layers, added }: ImageSize) =>
    `${printBytes(bytes)} compressed, ${countOf(layers)}${added ? `; new since the image before: ${added.layers === 0 ? 'nothing' : `${countOf(added.layers)}, ${printBytes(added.bytes)}`}` : ''}`,
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
  'summary.more-pods': ({ count }: { count: number }) => `and ${count} more ${count === 1 ? 'pod' : 'pods'}`,
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
