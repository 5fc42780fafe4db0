import { printDuration } from '../../inputs/duration';
import type { PodTrouble, Superseded, WaitingFor } from '../../rollout/verdict';
import { because, short } from '../en/because';
import type * as english from '../en/rollout';
import { isStateful, resourceOf } from '../workload';
import { named } from './named';

const WAITS: Record<WaitingFor, string> = {
  controller: '클러스터의 컨트롤러가 시작하지 않았습니다',
  pods: '새 Pod가 다 만들어지지 않았습니다',
  ready: '준비되지 않은 새 Pod가 있습니다',
  soak: '아직 충분히 오래 준비 상태를 유지하지 못한 새 Pod가 있습니다',
  'old-pods': '이전 Pod가 종료되지 않았습니다',
  verify: '"verify-path"에 제대로 응답한 새 Pod가 없습니다',
};

interface Where {
  readonly deployment: string;
  readonly namespace: string;
}

/** Problems that a rollout ends in. */
export const rolloutProblems: typeof english.rolloutProblems = {
  'rollout.deadline': (p) => ({
    what: `새 버전이 ${p.whose === 'timeout' ? `"timeout" 값 ${printDuration(p.ms)}` : 'Deployment 자체의 제한 시간(progressDeadlineSeconds)'} 안에 뜨지 않았습니다: ${WAITS[p.waitingFor]}${p.trouble ? ` (${troubleText(p.trouble)})` : ''}.`,
    next: `Pod를 확인하세요("kubectl get pods -n ${p.namespace}"${p.trouble ? `, "kubectl describe pod ${p.trouble.pod} -n ${p.namespace}"` : ''}). ${longer(p)}`,
  }),
  'rollout.stalled': (p) => ({
    what: `클러스터가 롤아웃을 계속할 수 없습니다: ${p.reason}: ${p.message}`,
    next: `Deployment를 확인하세요: kubectl describe ${resourceOf(p.deployment)} -n ${p.namespace}`,
  }),
  'rollout.superseded': (p) => ({
    what: supersededBy(p),
    next:
      p.by === 'paused'
        ? `다시 시작하고 job을 다시 실행하세요: kubectl rollout resume ${resourceOf(p.deployment)} -n ${p.namespace}`
        : `무엇이 실행되고 있는지 확인하세요(kubectl get ${resourceOf(p.deployment)} -n ${p.namespace} -o wide). 이 버전을 내보내야 한다면 job을 다시 실행하세요.`,
  }),
  'rollout.sibling': (p) => ({
    what: `"${p.deployment}"은(는) ${p.others.length === 0 ? '바꿀 수 없었던 다른 워크로드' : `실패한 ${p.others.join(', ')}`}와(과) 같은 스텝에서 배포되었으므로, 새 버전을 그대로 두지 않습니다.`,
    next: '무엇이 잘못되었는지는 다른 워크로드 쪽에 나와 있습니다. 그것을 고친 뒤에 job을 다시 실행하세요.',
  }),
  'rollout.scaled-to-zero': (p) => ({
    what: `그사이에 누군가 ${named(p.deployment)}의 replica를 0개로 줄여서, 새 버전이 동작하는지 확인할 방법이 없습니다.`,
    next: `replica를 늘리고 job을 다시 실행하세요: kubectl scale ${resourceOf(p.deployment)} -n ${p.namespace} --replicas=1`,
  }),
  'rollout.no-contact': (p) => ({
    what: `롤아웃이 끝나기 전에 클러스터를 더 볼 수 없게 되어서, 어떻게 끝났는지 알 수 없습니다: ${p.detail}`,
    next: `호스트가 다시 응답하면 확인하세요: kubectl rollout status ${resourceOf(p.deployment)} -n ${p.namespace}`,
  }),
  'rollout.interrupted': (p) => ({
    what: `새 버전을 롤아웃하는 도중에 실행이 취소되었습니다. 클러스터는 스스로 계속 진행하며, ${isStateful(p.deployment) ? 'Pod를 하나씩 교체하다가 뜨지 않는 Pod가 있으면 거기서 멈춥니다.' : '이전 Pod는 새 Pod가 준비 상태를 유지할 때까지 남아 있습니다.'}`,
    next: `어떻게 끝나는지 확인하세요: kubectl rollout status ${resourceOf(p.deployment)} -n ${p.namespace}`,
  }),
};

/** Problems on the way back to the version before. */
export const rollbackProblems: typeof english.rollbackProblems = {
  'rollback.failed': (p) => ({
    what: because(`이전 버전(${short(p.image)})으로 되돌렸지만, 그 버전도 뜨지 않습니다`, p.detail),
    next: `전에는 되던 것이 지금 안 된다면 대개 주변의 무언가가 빠진 것입니다: Secret, 데이터베이스, 노드의 남은 자리 등입니다. Pod를 확인하세요: kubectl get pods -n ${p.namespace}`,
  }),
  'rollback.blocked': (p) => ({
    what: because(
      `이전 버전(${short(p.image)})으로 되돌렸지만, ${named(p.deployment, '가')} 고장 난 ${p.pod} Pod를 기다리고 있습니다. 배포 사용자에게는 그 Pod를 삭제할 권한이 없습니다`,
      p.detail,
    ),
    next: `다음을 위해 배포 사용자에게 그 권한을 주세요. 이 액션의 README에 적혀 있습니다. 지금은 그 Pod를 삭제하면 전의 상태로 다시 만들어집니다: kubectl delete pod ${p.pod} -n ${p.namespace}`,
  }),
  'rollback.unseen': (p) => ({
    what: because(`이전 버전(${short(p.image)})으로 되돌렸지만, 서비스하고 있는지 확인하지 못했습니다`, p.detail),
    next: `상태를 확인하세요: kubectl rollout status ${resourceOf(p.deployment)} -n ${p.namespace}`,
  }),
  'rollback.unwritten': (p) => ({
    what: because(`이전 버전(${short(p.image)})으로 되돌리지 못했습니다`, p.detail),
    next: '아래의 명령으로 직접 되돌리세요.',
  }),
  'rollback.interrupted': (p) => ({
    what: `이전 버전(${short(p.image)})으로 되돌리는 도중에 실행이 취소되었습니다. 클러스터는 스스로 계속 진행합니다.`,
    next: `어떻게 끝나는지 확인하세요: kubectl rollout status ${resourceOf(p.deployment)} -n ${p.namespace}`,
  }),
};

/** What is wrong with a container, in a few words. */
export function troubleText({ pod, container, reason, message, restarts, exitCode }: PodTrouble): string {
  const who = container === '' ? `${pod} Pod` : `${pod} Pod의 "${container}" 컨테이너`;
  const again = restarts > 0 ? `, 재시작 ${restarts}번` : '';
  const said = message.replace(/\s+/g, ' ').slice(0, 300);
  if (reason === 'NotReady') return because(`${who}: 실행 중이지만 준비되지 않음${again}`, said).replace(/\.$/, '');
  if (reason === 'NotStarted')
    return because(`${who}: 실행 중이지만 startup probe를 통과하지 못함${again}`, said).replace(/\.$/, '');
  if (exitCode !== undefined) {
    const why = ENDED.has(reason) ? '' : `, ${reason}`;
    return `${who}: 종료됨(종료 코드 ${exitCode}${why})${again}`;
  }
  return `${who}: ${reason}${again}${said === '' ? '' : `, ${said}`}`;
}

/** Reasons that say no more than that a container has ended. */
const ENDED = new Set(['Error', 'Completed', 'CrashLoopBackOff', 'Restarted', 'Terminated']);

/** What to do about a version that is only slow: it depends on whose limit was reached. */
function longer({ whose, deployment, namespace }: Where & { whose: 'timeout' | 'progress' }): string {
  if (whose === 'timeout') return '시작하는 데 시간이 더 필요한 것뿐이라면 "timeout" 값을 늘리세요.';
  const patch = `kubectl patch ${resourceOf(deployment)} -n ${namespace} -p '{"spec":{"progressDeadlineSeconds":1200}}'`;
  return `시작하는 데 시간이 더 필요한 것뿐이라면 Deployment 자체의 제한 시간을 매니페스트나 다음 명령으로 늘리고, "timeout" 값도 그 이상으로 설정하세요: ${patch}`;
}

function supersededBy({ deployment, by }: Where & { by: Superseded | 'held' }): string {
  switch (by) {
    case 'paused':
      return `이번 실행이 지켜보는 동안 누군가 ${named(deployment, '를')} 일시 정지했습니다. 누군가 다시 시작할 때까지 롤아웃은 그 자리에 머물러 있습니다.`;
    case 'held':
      return `다른 실행이 ${named(deployment)}에서 작업하고 있거나, 이번 실행이 지켜보기 시작한 뒤에 작업했습니다. 이 버전을 어떻게 할지는 그 실행이 정할 일이므로, 이번 실행은 아무것도 되돌리지 않았습니다.`;
    default: {
      const did = { deleted: '삭제했습니다', recreated: '삭제하고 다시 만들었습니다', changed: '바꾸었습니다' }[by];
      return `이번 실행이 지켜보는 동안 다른 누군가가 ${named(deployment, '를')} ${did}. 지금 서비스하는 것은 그쪽의 버전이므로, 이번 실행은 관여하지 않습니다.`;
    }
  }
}
