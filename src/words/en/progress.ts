import { printDuration } from '../../inputs/duration';
import type { Some, Step, Wait, Which } from '../../rollout/steps';
import type { PodTrouble } from '../../rollout/verdict';
import type { Pull } from '../../rollout/wording';
import { printBytes } from '../bytes';
import { troubleText } from './rollout';

/** What the pods are called, and what those that they replace are. */
const NAMES: Record<Which, { ours: string; theirs: string }> = {
  new: { ours: 'new ', theirs: 'old ' },
  present: { ours: '', theirs: 'other ' },
  restored: { ours: 'restored ', theirs: 'withdrawn ' },
};

/** `new pod 2/3`, `new pods 2–3/3`. */
function podsOf(name: string, { first, last, of }: Some): string {
  return first === last ? `${name}pod ${last}/${of}` : `${name}pods ${first}–${last}/${of}`;
}

const be = ({ first, last }: Some) => (first === last ? 'is' : 'are');

/** The cluster's times are whole seconds. */
function after([least, most]: readonly [number, number]): string {
  const seconds = (count: number) => (count === 0 ? 'less than 1 s' : printDuration(count * 1_000));
  return least === most ? ` after ${seconds(most)}` : ` after ${seconds(least)} to ${seconds(most)}`;
}

function pulled({ ms, waitedMs, bytes }: Pull): string {
  const waited = waitedMs >= 1_000 ? `, after ${printDuration(waitedMs)} behind other images` : '';
  return `the node pulled the image${bytes === undefined ? '' : ` (${printBytes(bytes)} in all)`} in ${printDuration(ms)}${waited}`;
}

function stepText(step: Step, which: Which): string {
  const { ours, theirs } = NAMES[which];
  switch (step.did) {
    case 'starts': {
      const [node, ...others] = step.nodes;
      const where = others.length > 0 ? ` on ${step.nodes.length} nodes` : node === undefined ? '' : ` on node ${node}`;
      return `${podsOf(ours, step)} ${step.first === step.last ? 'starts' : 'start'}${where}`;
    }
    case 'ready':
      return `${podsOf(ours, step)} ${be(step)} ready${step.seconds ? after(step.seconds) : ''}`;
    case 'stopping':
      return `${podsOf(theirs, step)} ${be(step)} told to stop`;
    case 'kept':
      return `${step.ready}/${step.of} pods of ${which === 'restored' ? 'the version before' : 'this version'} are there and ready already`;
    case 'lost':
      return `a ${ours}pod is not ready any more (${step.ready}/${step.of} ready)`;
    case 'pulled':
      return pulled(step.pull);
    case 'serves': {
      const end = {
        none: '',
        ended: `; all ${theirs}pods have ended`,
        going: `; ${step.old} ${theirs}${step.old === 1 ? 'pod is' : 'pods are'} still ending`,
      };
      return `${step.ready}/${step.of} ${ours}pods serve${end[typeof step.old === 'number' ? 'going' : step.old]}`;
    }
    default:
      return step satisfies never;
  }
}

const WAITS: Record<Wait, (of: { ours: string; theirs: string; soak: number }) => string> = {
  controller: () => 'waiting for the cluster to begin',
  pods: ({ ours }) => `waiting for the cluster to create ${ours}pods`,
  'old-ending': ({ ours, theirs }) => `waiting for ${theirs}pods to end, before ${ours}pods come`,
  node: ({ ours }) => `waiting for a node that takes a ${ours}pod`,
  'set-up': ({ ours }) =>
    `waiting for the node to set a ${ours}pod up: it pulls the image, and prepares network and volumes`,
  program: ({ ours }) =>
    `waiting for a ${ours}pod to become ready: its program runs, but does not say yet that it is ready`,
  restart: () => 'waiting for the node to start the program again',
  ready: ({ ours }) => `waiting for ${ours}pods to become ready`,
  soak: ({ ours, soak }) =>
    soak > 0
      ? `waiting until the ${ours}pods have stayed ready for ${soak} s`
      : `waiting whether the ${ours}pods stay ready`,
  'old-pods': ({ theirs }) => `waiting for ${theirs}pods to be told to stop`,
  verify: () => 'waiting for the right answer to "verify-path"',
};

const at = (ms: number) => `${printDuration(ms).padStart(8)}  `;

/** The lines of a rollout while it is watched; `ms` is how long it has been. */
export const rolloutLines = {
  'log.step': (p: { step: Step; which: Which; ms: number }) => `${at(p.ms)}${stepText(p.step, p.which)}`,
  'log.waiting': (p: {
    wait: Wait;
    soak: number;
    ready: number;
    desired: number;
    forMs: number;
    which: Which;
    ms: number;
  }) =>
    `${at(p.ms)}${WAITS[p.wait]({ ...NAMES[p.which], soak: p.soak })}${p.forMs < 2_000 ? '' : ` (for ${printDuration(p.forMs)} so far; ${p.ready}/${p.desired} ready)`}`,
  'log.trouble': (p: { trouble: PodTrouble; ms: number }) => `${at(p.ms)}${troubleText(p.trouble)}`,
};
