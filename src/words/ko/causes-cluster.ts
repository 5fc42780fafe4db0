import { because } from '../en/because';
import type * as english from '../en/causes-cluster';
import { isStateful, resourceOf } from '../workload';

/** Causes that lie in the cluster: room, rules, storage, nodes. */
export const clusterCauses: typeof english.clusterCauses = {
  'cause.no-room': ({ resource, asks, free, node, deployment, detail }) => ({
    what:
      free === ''
        ? because(
            `새 Pod가 들어갈 자리가 있는 노드가 없습니다${asks === '' ? '' : `(Pod가 요청한 ${resource}: ${asks})`}`,
            detail,
          )
        : `새 Pod가 들어갈 자리가 있는 노드가 없습니다. ${node} 노드에 남은 ${resource}: ${free}, Pod가 요청한 양: ${asks}.`,
    next: isStateful(deployment)
      ? `매니페스트의 resources.requests를 낮추거나, 필요 없는 것을 지우세요(kubectl get pods -A -o wide).`
      : `롤아웃하는 동안에는 이전 Pod와 새 Pod가 동시에 들어갈 수 있어야 합니다. 매니페스트의 resources.requests를 낮추거나, 필요 없는 것을 지우거나(kubectl get pods -A -o wide), 이전 Pod를 먼저 내리게 하세요: strategy.rollingUpdate에 maxSurge: 0과 maxUnavailable: 1(replica가 하나면 서비스가 잠시 끊깁니다).`,
  }),
  'cause.port-taken': ({ deployment, detail }) => ({
    what: because(
      isStateful(deployment)
        ? '새 Pod를 받을 수 있는 노드가 없습니다. 필요한 노드의 포트(hostPort)를 다른 Pod가 쓰고 있습니다'
        : '이전 Pod가 있는 동안에는 새 Pod를 받을 수 있는 노드가 없습니다. 둘 다 노드의 같은 포트(hostPort)를 쓰려고 합니다',
      detail,
    ),
    next: isStateful(deployment)
      ? 'replica를 노드 수보다 많지 않게 하거나, hostPort 대신 Service를 쓰세요.'
      : '이전 Pod를 먼저 내리게 하세요: 매니페스트의 strategy.rollingUpdate에 maxSurge: 0과 maxUnavailable: 1(replica가 하나면 서비스가 잠시 끊깁니다). 또는 hostPort 대신 Service를 쓰세요.',
  }),
  'cause.kept-apart': ({ deployment, detail }) => ({
    what: because(
      '새 Pod를 받을 수 있는 노드가 없습니다. 매니페스트가 이미 있는 Pod와 떨어져 있도록 정해 두었습니다(anti-affinity 또는 topology spread)',
      detail,
    ),
    next: isStateful(deployment)
      ? 'replica를 그 규칙이 허용하는 수보다 많지 않게 하거나, 규칙을 필수(required)가 아니라 선호(preferred)로 바꾸세요.'
      : '이전 Pod를 먼저 내리게 하세요: 매니페스트의 strategy.rollingUpdate에 maxSurge: 0과 maxUnavailable: 1. 또는 그 규칙을 필수(required)가 아니라 선호(preferred)로 바꾸세요.',
  }),
  'cause.no-node': ({ detail }) => ({
    what: because('새 Pod를 받을 수 있는 노드가 없습니다. 어떤 규칙이 막고 있습니다', detail),
    next: '매니페스트의 nodeSelector, affinity, tolerations를 노드의 라벨과 taint(Pod를 막는 표시)에 견주어 보세요. "kubectl get nodes --show-labels"와 "kubectl describe nodes"로 볼 수 있습니다. 사용에서 제외된("cordoned") 노드는 다음 명령으로 되돌리세요: kubectl uncordon NODE',
  }),
  'cause.quota': ({ deployment, namespace, quota, detail }) => ({
    what: because(
      `${namespace} 네임스페이스의 할당량(quota${quota === '' ? '' : ` "${quota}"`})을 다 써서 새 Pod를 만들 수 없습니다`,
      detail,
    ),
    next: `${isStateful(deployment) ? '할당량을 늘리거나, 매니페스트의 resources.requests와 limits를 낮추세요.' : '롤아웃하는 동안에는 이전 Pod와 새 Pod가 함께 계산됩니다. 할당량을 늘리거나, 매니페스트의 resources.requests와 limits를 낮추거나, 이전 Pod를 먼저 내리게 하세요(maxSurge: 0, maxUnavailable: 1).'} 사용량 보기: kubectl describe quota -n ${namespace}`,
  }),
  'cause.limit-range': ({ namespace, detail }) => ({
    what: because(
      `새 Pod의 resources 값이 ${namespace} 네임스페이스가 허용하는 범위(LimitRange)를 벗어났습니다`,
      detail,
    ),
    next: `매니페스트의 resources를 바꾸거나 LimitRange를 바꾸세요. 허용하는 범위 보기: kubectl describe limitrange -n ${namespace}`,
  }),
  'cause.pod-security': ({ namespace, detail }) => ({
    what: because(`${namespace} 네임스페이스가 새 Pod를 받아들이지 않습니다(Pod Security)`, detail),
    next: '위의 문구가 요구하는 것을 매니페스트의 Pod securityContext에 설정하세요. "restricted"라면 대개 다음과 같습니다: runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}.',
  }),
  'cause.rule': ({ detail }) => ({
    what: because('클러스터의 규칙이 새 Pod를 만들지 못하게 합니다', detail),
    next: '위의 문구가 요구하는 대로 매니페스트를 고치거나, 클러스터 담당자에게 그 문구를 보여 주세요. 담당자가 설정한 admission policy나 webhook입니다.',
  }),
  'cause.webhook-away': ({ webhook, detail }) => ({
    what: because(
      `새 Pod를 만들 수 없습니다. 클러스터가 먼저 어떤 프로그램(webhook${webhook === '' ? '' : ` "${webhook}"`})에 물어봐야 하는데 응답이 없습니다`,
      detail,
    ),
    next: '그 프로그램을 되살리고 job을 다시 실행하세요. "kubectl get pods -A"로 그 Pod가 실행되고 있는지, "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations"로 어떤 webhook이 있는지 볼 수 있습니다.',
  }),
  'cause.refused': ({ deployment, namespace, detail }) => ({
    what: because('클러스터가 새 Pod를 만들지 않습니다', detail),
    next: `자세히 확인하세요: kubectl describe ${resourceOf(deployment)} -n ${namespace}`,
  }),
  'cause.claim': ({ namespace, detail }) => ({
    what: because(
      '새 Pod가 저장 공간을 기다리고 있습니다. PersistentVolumeClaim이 없거나, 삭제되는 중이거나, 볼륨이 없습니다',
      detail,
    ),
    next: `무엇이 있는지 확인하세요(kubectl get pvc -n ${namespace}). "Pending"에 머물러 있는 claim에는 볼륨을 만들 수 있는 storage class(kubectl get storageclass)나 직접 만든 볼륨이 필요합니다.`,
  }),
  'cause.setup': ({ namespace, pod, detail }) => ({
    what: because('노드가 새 Pod를 준비할 수 없습니다. 볼륨이나 네트워크가 없습니다', detail),
    next: `모든 이벤트와 함께 자세히 확인하세요: kubectl describe pod ${pod} -n ${namespace}`,
  }),
  'cause.evicted': ({ count, detail }) => ({
    what: because(`노드가 새 Pod ${count}개를 다시 내보냈습니다`, detail),
    next: '위의 문구에 나온 자원이 노드에 부족해졌습니다. 자리를 비우거나(디스크: 노드에서 sudo crictl rmi --prune, 메모리: kubectl top pods -A), 앱이 쓰는 양을 줄이세요(ephemeral storage, 한도가 있는 emptyDir).',
  }),
  'cause.node': ({ node, detail }) => ({
    what: `${node === '' ? '' : `${node} `}노드에 문제가 있어서(${detail}) 새 버전을 판단할 수 없습니다. 새 버전의 잘못이 아니며, 새 버전은 그대로 남아 있습니다.`,
    next: '호스트에서 "kubectl get nodes"를 실행하고, 이어서 "sudo systemctl status kubelet containerd", "df -h", "free -m"을 실행해 확인하세요. 노드가 다시 Ready가 되면 클러스터가 스스로 이어서 진행합니다. 검증된 결과를 보려면 job을 다시 실행하세요.',
  }),
};
