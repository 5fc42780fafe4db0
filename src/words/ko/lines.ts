import type { Operation } from '../../inputs/config';
import { printDuration } from '../../inputs/duration';
import type { Outcome, Serving } from '../../outcome';
import type { PhaseName } from '../../report/phase';
import { printBytes } from '../bytes';
import { short } from '../en/because';
import type * as english from '../en/lines';
import { kindOf, resourceOf } from '../workload';
import { neighbourLines } from './advice';
import { githubLines } from './github';
import { manifestLines } from './manifests';
import { named } from './named';
import { operationLines } from './operations';
import { rolloutLines } from './progress';

/** What a run puts there. */
const IT: Record<Operation['kind'], string> = {
  deploy: '새 버전',
  redeploy: '고른 버전',
  rollback: '이전 버전',
  restart: '새 Pod의 버전',
};

const OUTCOMES: Record<Outcome, (deployment: string, what: string) => string> = {
  deployed: (it, what) => `${it}: ${what}이 서비스하고 있습니다`,
  unchanged: (it) => `${it}: 이 이미지가 이미 실행 중이었고, 서비스하고 있습니다`,
  refused: (it) => `${it}: 클러스터에서 아무것도 바꾸기 전에 중단했습니다`,
  failed: (it, what) => `${it}: ${what}이 제대로 서비스하지 않습니다`,
  'failed-rolled-back': (it, what) =>
    `${it}: ${what}이 동작하지 않아 그 전의 버전으로 되돌렸고, 그 버전이 서비스하고 있습니다`,
  'failed-rollback-failed': (it, what) =>
    `${it}: ${what}이 동작하지 않으며, 그 전의 버전으로 확실히 되돌리지도 못했습니다`,
  'failed-no-previous': (it, what) => `${it}: ${what}이 동작하지 않으며, 되돌아갈 다른 버전도 알려진 것이 없습니다`,
  restarted: (it) => `${it}: 같은 이미지의 새 Pod가 서비스하고 있습니다`,
  'rolled-back': (it) => `${it}: 이전 버전으로 돌아갔고, 그 버전이 서비스하고 있습니다`,
  planned: (it) => `${it}: 실행 계획만 보여 주며, 아무것도 바꾸거나 빌드하거나 푸시하지 않았습니다`,
  superseded: (it) => `${it}: 그사이에 다른 누군가가 바꾸었습니다`,
  cancelled: (it) => `${it}: 실행이 취소되었습니다`,
  unknown: (it, what) => `${it}: ${what}이 서비스하고 있는지 알 수 없습니다`,
};

/** Letters and spaces alone: they title the bars of the mermaid chart. */
const PHASES: Record<PhaseName, string> = {
  build: '빌드와 푸시',
  preflight: '클러스터 확인',
  prove: '다이제스트 확인',
  choose: '버전 선택',
  plan: '실행 계획',
  update: '워크로드 업데이트',
  watch: '롤아웃 지켜보기',
  verify: '외부에서 확인',
  diagnose: '실패 원인 찾기',
  rollback: '이전 버전으로 되돌리기',
  record: '결과 기록',
};

const DOES: Record<Operation['kind'], string> = {
  deploy: '배포',
  redeploy: '다시 배포',
  restart: '재시작',
  rollback: '롤백',
};

const SERVING: Record<Serving, string> = {
  new: '사용자 요청은 이 버전이 처리하고 있습니다.',
  old: '사용자에게는 영향이 없습니다. 이전 버전이 계속 서비스하고 있습니다.',
  both: '일부 사용자가 영향을 받고 있습니다. 두 버전의 Pod가 모두 준비되어 있어서 요청이 어느 쪽으로든 갑니다.',
  nobody: '사용자가 영향을 받고 있습니다. 이 앱에는 준비된 Pod가 하나도 없습니다.',
  split: '두 버전이 함께 서비스하고 있습니다. StatefulSet의 partition에 따라 일부 Pod는 전의 버전으로 남습니다.',
  unknown: '사용자가 영향을 받는지는 알 수 없습니다.',
};

function wayBackTitle({ outcome, isKnownGood }: { outcome: Outcome; isKnownGood: boolean }): string {
  if (outcome === 'failed-rolled-back') return '이전 버전으로 이미 되돌렸습니다. 직접 한다면 명령은 다음과 같습니다';
  return isKnownGood
    ? '제대로 서비스했다고 알려진 마지막 버전으로 돌아가는 방법'
    : '전에 실행되던 것으로 돌아가는 방법(제대로 서비스했는지는 알려지지 않음)';
}

/** Every line of the log and the summary that is not a problem, by its code. */
export const lines: typeof english.lines = {
  'log.begin': ({ operation, isDryRun, image, deployment, namespace, host }) =>
    `${DOES[operation]}${isDryRun ? '(계획만 보여 주고 아무것도 바꾸지 않음)' : ''}: ${host} 호스트, ${namespace} 네임스페이스의 ${resourceOf(deployment)} (이미지 ${image})`,
  'log.connected': ({ host, port, username, ms }) =>
    `${host}:${port}에 ${username} 사용자로 연결했습니다(${printDuration(ms)}). 호스트의 키가 고정해 둔 키와 같습니다`,
  'log.workload': ({ deployment, container, image, replicas, strategy }) =>
    `${kindOf(deployment)}의 replica는 ${replicas}개이고(${strategy}), "${container}" 컨테이너가 실행 중인 이미지는 ${short(image)}입니다`,
  'log.one-by-one': ({ replicas }) =>
    `Pod를 마지막 번호부터 하나씩 교체하며, 이전 Pod가 끝난 다음에 새 Pod가 시작됩니다${replicas === 1 ? '. 그동안 사용자는 앱을 쓸 수 없습니다' : ''}`,
  'log.partition': ({ kept, replicas }) =>
    `StatefulSet의 partition에 따라 Pod ${replicas}개 중 ${kept}개는 이전 버전으로 남습니다. 나머지만 업데이트하고, 그것만 확인합니다`,
  'log.no-delete': ({ namespace }) =>
    `배포 사용자는 ${namespace} 네임스페이스의 Pod를 삭제할 수 없습니다. 새 Pod가 뜨지 않으면, 이 StatefulSet은 이전 버전으로 되돌린 뒤에도 누군가 그 Pod를 삭제할 때까지 기다립니다. 필요한 권한은 이 액션의 README에 적혀 있습니다`,
  'log.trial': () =>
    '변경을 시험해 본 결과(server-side dry run) 받아들여졌습니다: 권한, 컨테이너, 클러스터의 규칙이 모두 맞습니다',
  'log.login': ({ registry }) =>
    `${registry} 레지스트리가 로그인을 받아들였습니다. 푸시할 수 있는지는 푸시할 때 알 수 있습니다`,
  'log.existing': ({ digest }) =>
    `이 커밋과 이 빌드 인자로 만든 이미지가 레지스트리에 이미 있어서(${short(digest)}) 다시 빌드하지 않습니다`,
  'log.builder': ({ builder }) =>
    `Docker에 내장된 빌더로는 요청한 것을 다 할 수 없어서 임시 빌더를 시작합니다: ${builder}`,
  'log.old-buildx': ({ version }) =>
    `이 buildx는 환경 변수로 로그인을 받지 못하므로(${version}) 이번 실행만의 docker 설정으로 한 번 더 시도합니다`,
  'log.silent': ({ last }) => `몇 분 동안 아무 말이 없었고, docker의 마지막 줄은 "${last}"입니다`,
  'log.push-retry': ({ detail, attempt, of, ms }) =>
    `레지스트리에 문제가 있습니다(${detail}). ${printDuration(ms)} 뒤에 다시 시도합니다(${of}번 중 ${attempt}번째). 이미 한 것은 다시 하지 않습니다.`,
  'log.cache-failed': ({ detail }) => `빌드 캐시가 동작하지 않아서 캐시 없이 이미지를 빌드합니다: ${detail}`,
  'log.no-cache': ({ detail }) => `캐시를 쓸 수 있는 빌더가 없어서 캐시 없이 이미지를 빌드합니다: ${detail}`,
  'log.secret-unset': ({ id }) =>
    `"${id}" 빌드 시크릿을 뺐습니다: "secret-envs"에 적힌 이름의 환경 변수가 이 step에 없습니다`,
  'log.no-github-cache': () => '이 러너에는 GitHub의 캐시(type=gha)가 없어서 캐시 없이 이미지를 빌드합니다',
  'log.overtaken': ({ tag }) =>
    `다른 실행이 동시에 "${tag}" 태그를 푸시했습니다. 이번 실행의 이미지의 다이제스트를 알기 위해 한 번 더 푸시합니다`,
  'log.proved': ({ digest }) => `빌드한 이미지가 레지스트리에 있습니다: ${digest}`,
  'log.held': ({ deployment, url }) =>
    `다른 실행이 ${named(deployment)}에서 작업하고 있어서 끝나기를 기다립니다(${url})`,
  'log.took-over': ({ url }) => `작업하던 다른 실행이 살아 있다는 표시가 없어서 이번 실행이 이어서 진행합니다(${url})`,
  'log.patched': ({ container, from, to }) => `"${container}" 컨테이너: ${short(from)} → ${short(to)}`,
  'log.soak': ({ from, to, probe }) =>
    `새 Pod는 ${to}초 동안 준비 상태를 유지해야 이전 Pod가 종료됩니다(minReadySeconds ${from} → ${to}${probe ? '' : ', readiness probe가 없어서 깁니다'})`,
  'log.unchanged': ({ image }) =>
    `컨테이너에 이미 이 이미지(${short(image)})가 있습니다. 바꿀 것은 없고 서비스하는지만 확인합니다`,
  ...rolloutLines,
  'log.rolling-back': ({ container, image }) =>
    `"${container}" 컨테이너를 제대로 서비스했다고 알려진 마지막 이미지로 되돌립니다: ${short(image)}`,
  'log.events': () => '클러스터가 알린 내용',
  'log.event': ({ about, reason, message, count }) => `${count} × ${about}: ${reason}: ${message}`,
  ...neighbourLines,
  ...operationLines,
  ...githubLines,
  ...manifestLines,
  'summary.advice': () => '작성할 내용',
  'log.no-contact': ({ detail }) => `지금은 클러스터를 볼 수 없어서 다시 시도합니다: ${detail}`,
  'log.retry': ({ detail, attempt, ms }) => `${detail} ${printDuration(ms)} 뒤에 다시 시도합니다(${attempt}번째 시도).`,
  'log.rolling': () => '롤아웃이 이미 진행 중이며, 이번 실행이 그것을 대신합니다',
  'log.history-lost': ({ detail }) => `이번 실행이 어떻게 끝났는지 이력에 쓰지 못했습니다: ${detail}`,
  'log.logs-of': ({ pod, container }) => `${pod} Pod의 "${container}" 컨테이너가 마지막으로 출력한 줄들`,
  'log.next': ({ next }) => `조치 방법: ${next}`,
  'log.way-back': ({ command, ...way }) => `${wayBackTitle(way)}: ${command}`,
  'phase.title': ({ phase }) => PHASES[phase],
  'phase.done': ({ phase, ms }) => `✓ ${PHASES[phase]}: ${printDuration(ms)}`,
  'phase.failed': ({ phase, ms }) => `✗ ${PHASES[phase]}: ${printDuration(ms)} 뒤에 끝남`,
  'outcome.headline': ({ outcome, deployment, operation }) => OUTCOMES[outcome](deployment, IT[operation]),
  'outcome.serving': ({ serving }) => SERVING[serving],
  'change.cause-back': ({ image, url }) => `${image ? `${image} 이미지로` : '이전 템플릿으로'} 되돌림: ${url}`,
  'change.cause': ({ image, commit, url }) =>
    `${image}${commit ? ` (커밋 ${commit.slice(0, 12)})` : ''} 이미지를 배포함: ${url}`,
  'change.cause-restart': ({ image, url }) => `${image} 이미지를 재시작함: ${url}`,
  'summary.image': () => '이미지',
  'summary.size': () => '크기',
  'summary.size-is': ({ bytes, layers, added }) =>
    `압축 ${printBytes(bytes)}, 레이어 ${layers}개${added ? `; 이전 이미지보다 새로운 것: ${added.layers === 0 ? '없음' : `레이어 ${added.layers}개, ${printBytes(added.bytes)}`}` : ''}`,
  'summary.built': () => '빌드와 푸시 소요 시간',
  'summary.previous': () => '이전',
  'summary.now': () => '지금 실행 중',
  'summary.namespace': () => '네임스페이스',
  'summary.revision': () => '리비전',
  'summary.commit': () => '커밋',
  'summary.took': () => '소요 시간',
  'summary.why': () => '이유',
  'summary.next': () => '조치 방법',
  'summary.way-back': (way) => wayBackTitle(way),
  'summary.more-pods': ({ count }) => `그 밖에 Pod ${count}개`,
  'summary.pod': () => 'Pod',
  'summary.version': () => '버전',
  'summary.ready': () => '준비됨',
  'summary.restarts': () => '재시작 횟수',
  'summary.state': () => '상태',
  'summary.new': () => '새 버전',
  'summary.old': () => '이전 버전',
  'summary.yes': () => '예',
  'summary.no': () => '아니요',
  'summary.plan': () => '바뀔 내용',
  'summary.history': () => '이 컨테이너의 실행 이력',
  'summary.when': () => '시간(UTC)',
  'summary.ended': () => '결과',
  'summary.run': () => '실행',
  'summary.timeline': () => '단계별 소요 시간',
};
