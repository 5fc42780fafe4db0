import { printDuration } from '../../inputs/duration';
import type { Some, Step, Wait, Which } from '../../rollout/steps';
import type { Pull } from '../../rollout/wording';
import { printBytes } from '../bytes';
import type * as english from '../en/progress';
import { troubleText } from './rollout';

/** What the pods are called, and what those that they replace are. */
const NAMES: Record<Which, { ours: string; theirs: string }> = {
  new: { ours: '새 Pod', theirs: '이전 Pod' },
  present: { ours: 'Pod', theirs: '다른 Pod' },
  restored: { ours: '되살린 Pod', theirs: '물러나는 Pod' },
};

function podsOf(name: string, { first, last, of }: Some): string {
  return first === last ? `${name} ${last}/${of}` : `${name} ${first}–${last}/${of}`;
}

/** The cluster's times are whole seconds. */
function after([least, most]: readonly [number, number]): string {
  const seconds = (count: number) => (count === 0 ? '1 s 미만' : printDuration(count * 1_000));
  return least === most ? `(생성 후 ${seconds(most)})` : `(생성 후 ${seconds(least)}에서 ${seconds(most)})`;
}

function pulled({ ms, waitedMs, bytes }: Pull): string {
  const waited = waitedMs >= 1_000 ? `, 그 전에 다른 이미지를 ${printDuration(waitedMs)} 기다림` : '';
  return `노드가 이미지를 ${printDuration(ms)} 만에 받음${bytes === undefined ? '' : `(모두 ${printBytes(bytes)})`}${waited}`;
}

function stepText(step: Step, which: Which): string {
  const { ours, theirs } = NAMES[which];
  switch (step.did) {
    case 'starts': {
      const [node, ...others] = step.nodes;
      const where =
        others.length > 0 ? `노드 ${step.nodes.length}개에서 ` : node === undefined ? '' : `노드 ${node}에서 `;
      return `${podsOf(ours, step)}: ${where}시작하는 중`;
    }
    case 'ready':
      return `${podsOf(ours, step)}: 준비됨${step.seconds ? after(step.seconds) : ''}`;
    case 'stopping':
      return `${podsOf(theirs, step)}: 종료하라는 지시를 받음`;
    case 'kept':
      return `${which === 'restored' ? '그 전' : '이'} 버전의 Pod ${step.ready}/${step.of}: 이미 있고 준비되어 있음`;
    case 'lost':
      return `${ours} 하나가 더는 준비 상태가 아님(${step.ready}/${step.of} 준비)`;
    case 'pulled':
      return pulled(step.pull);
    case 'serves': {
      const end = {
        none: '',
        ended: `; ${theirs}는 모두 종료됨`,
        going: `; ${theirs} ${step.old}개는 아직 종료하는 중`,
      };
      return `${ours} ${step.ready}/${step.of}: 서비스 중${end[typeof step.old === 'number' ? 'going' : step.old]}`;
    }
    default:
      return step satisfies never;
  }
}

const WAITS: Record<Wait, (of: { ours: string; theirs: string; soak: number }) => string> = {
  controller: () => '클러스터가 시작하기를 기다리는 중',
  pods: ({ ours }) => `클러스터가 ${ours}를 만들기를 기다리는 중`,
  'old-ending': ({ ours, theirs }) => `${ours}에 앞서 ${theirs}가 종료되기를 기다리는 중`,
  node: ({ ours }) => `${ours}를 받을 노드를 기다리는 중`,
  'set-up': ({ ours }) => `노드가 ${ours}를 준비하기를 기다리는 중: 이미지를 받고 네트워크와 볼륨을 마련함`,
  program: ({ ours }) => `${ours}가 준비되기를 기다리는 중: 프로그램은 실행 중이지만 아직 준비되었다고 알리지 않음`,
  restart: () => '노드가 프로그램을 다시 시작하기를 기다리는 중',
  ready: ({ ours }) => `${ours}가 준비되기를 기다리는 중`,
  soak: ({ ours, soak }) =>
    soak > 0
      ? `${ours}가 ${soak}초 동안 준비 상태를 유지하기를 기다리는 중`
      : `${ours}가 준비 상태를 유지하는지 지켜보는 중`,
  'old-pods': ({ theirs }) => `${theirs}가 종료 지시를 받기를 기다리는 중`,
  verify: () => '"verify-path"에 올바른 응답이 오기를 기다리는 중',
};

const at = (ms: number) => `${printDuration(ms).padStart(8)}  `;

/** The lines of a rollout while it is watched. */
export const rolloutLines: typeof english.rolloutLines = {
  'log.step': ({ step, which, ms }) => `${at(ms)}${stepText(step, which)}`,
  'log.waiting': ({ wait, soak, ready, desired, forMs, which, ms }) =>
    `${at(ms)}${WAITS[wait]({ ...NAMES[which], soak })}${forMs < 2_000 ? '' : ` (지금까지 ${printDuration(forMs)}, ${ready}/${desired} 준비)`}`,
  'log.trouble': ({ trouble, ms }) => `${at(ms)}${troubleText(trouble)}`,
};
