import { because } from '../en/because';
import type * as english from '../en/cluster';
import { kindOf, resourceOf } from '../workload';
import { named } from './named';

/** Problems with the cluster: kubectl and the workload. */
export const clusterProblems: typeof english.clusterProblems = {
  'kubectl.missing': ({ words, detail }) => ({
    what: because(`호스트에서 "${words}" 명령을 실행할 수 없습니다`, detail),
    next: '배포 사용자가 쓸 수 있도록 kubectl을 설치하거나, 호스트에서 동작하는 명령을 "kubectl"에 쓰세요. 예: "sudo k3s kubectl", "/usr/local/bin/kubectl". sudo가 붙은 명령에는 배포 사용자가 비밀번호 없이 실행할 수 있게 하는 규칙(NOPASSWD)이 /etc/sudoers.d에 필요합니다.',
  }),
  'kubectl.no-config': ({ detail }) => ({
    what: because('호스트의 kubectl이 클러스터에 접속하는 방법을 모릅니다', detail),
    next: '호스트에서 배포 사용자에게 이 클러스터의 kubeconfig를 주세요. 위치는 ~/.kube/config이고, 그 사용자가 읽을 수 있어야 합니다. k3s에서는 "kubectl: sudo k3s kubectl"로 설정하면 이 파일이 필요 없습니다.',
  }),
  'kubectl.unauthorized': ({ detail }) => ({
    what: because('클러스터가 배포 사용자의 인증 정보를 받아들이지 않습니다', detail),
    next: '유효한 토큰이나 인증서를 호스트에 있는 배포 사용자의 ~/.kube/config에 넣으세요. 지금 들어 있는 것은 기한이 지났을 수 있습니다. kubeadm이 만든 인증서는 1년 동안 유효합니다.',
  }),
  'kubectl.certificate': ({ detail }) => ({
    what: because('클러스터의 인증서가 만료되었습니다', detail),
    next: '호스트에서 root로 "kubeadm certs check-expiration"을 실행해 어떤 인증서인지 확인하세요. "kubeadm certs renew all"로 갱신하면 호스트를 다시 시작한 뒤부터 쓰입니다. 배포 사용자의 ~/.kube/config가 /etc/kubernetes/admin.conf의 사본이라면 다시 복사하세요.',
  }),
  'kubectl.unreachable': ({ detail }) => ({
    what: because('클러스터가 응답하지 않습니다', detail),
    next: '호스트에서 "kubectl get nodes"와 "sudo systemctl status kubelet"으로 클러스터가 실행 중인지 확인하세요. 실행 중이면 job을 다시 실행하세요.',
  }),
  'kubectl.forbidden': ({ detail }) => ({
    what: because('배포 사용자에게 클러스터에서 이 작업을 할 권한이 없습니다', detail),
    next: '먼저 "namespace"를 확인하세요. 없는 네임스페이스에도 이렇게 응답합니다. 이름이 맞다면 이 액션의 README에 적힌 권한을 배포 사용자에게 주세요. 그 Role과 RoleBinding을 README에서 복사하고, 클러스터 관리자(kubeadm 호스트에서는 root)가 "kubectl apply -f FILE"로 적용하면 됩니다.',
  }),
  'kubectl.other': ({ detail }) => ({
    what: because('호스트에서 kubectl이 실패했습니다', detail || '이유를 밝히지 않았습니다'),
    next: '다른 컴퓨터에서 이 step과 같은 방법으로 실행해 보세요: "ssh USER@HOST \'kubectl get deployments\'". 이 명령은 실패하는데 로그인한 뒤에는 된다면, KUBECONFIG나 PATH가 로그인용 파일에만 설정된 것입니다. 설정을 ~/.kube/config에 넣거나, kubectl의 전체 경로를 "kubectl" 입력값에 쓰세요.',
  }),
  'kubectl.not-json': ({ start }) => ({
    what: `호스트의 kubectl이 JSON이 아닌 것으로 응답했습니다: ${JSON.stringify(start)}`,
    next: '호스트에서 "kubectl"이 별도의 스크립트를 실행하지 않는지, 배포 사용자의 로그인 셸이 무언가를 출력하지 않는지 확인하세요. 명령을 실행할 때 셸은 아무것도 출력하지 않아야 합니다.',
  }),
  'kubectl.odd-name': ({ name }) => ({
    what: `호스트의 kubectl이 이름이 ${JSON.stringify(name)}인 객체를 알려 주었습니다. 어떤 클러스터도 이런 이름을 허용하지 않습니다.`,
    next: '호스트에서 "kubectl"이 별도의 스크립트를 실행하지 않는지 확인하세요. 그렇지 않다면 다른 사람이 침입한 호스트로 여기고 대응하세요.',
  }),
  'workload.no-namespace': ({ namespace }) => ({
    what: `클러스터에 "${namespace}" 네임스페이스가 없습니다.`,
    next: `"namespace"를 고치거나, 네임스페이스를 만드세요: kubectl create namespace ${namespace}`,
  }),
  'workload.missing': ({ deployment, namespace, others, instead }) => ({
    what: `"${namespace}" 네임스페이스에 ${named(deployment, '가')} 없습니다.${instead === '' ? '' : ` 같은 이름의 ${kindOf(instead)}은(는) 있습니다.`}`,
    next:
      instead !== ''
        ? `그것이 맞다면 "deployment: ${instead}"(이)라고 쓰세요.`
        : others.length > 0
          ? `"deployment"나 "namespace"를 고치세요. 그곳에 있는 ${kindOf(deployment)}: ${others.slice(0, 10).join(', ')}.`
          : `"deployment"나 "namespace"를 고치거나, 먼저 매니페스트로 ${named(deployment, '를')} 만드세요(kubectl apply -f FILE). 그 네임스페이스에는 ${kindOf(deployment)} 종류가 하나도 없습니다.`,
  }),
  'workload.no-container': ({ deployment, container, names }) => ({
    what: `${named(deployment)}에 "${container}" 컨테이너가 없습니다.`,
    next: `"container"를 그 컨테이너 중 하나로 설정하세요: ${names.join(', ')}.`,
  }),
  'workload.which-container': ({ deployment, names }) => ({
    what: `${named(deployment)}에 컨테이너가 여러 개 있어서 어느 것에 이미지를 넣어야 하는지 알 수 없습니다.`,
    next: `"container"를 다음 중 하나로 설정하세요: ${names.join(', ')}.`,
  }),
  'workload.held': ({ deployment, url }) => ({
    what: `다른 실행이 아직 ${named(deployment)}에서 작업하고 있습니다: ${url}`,
    next: '그 실행이 끝날 때까지 기다리거나 취소한 뒤에 이 job을 다시 실행하세요. 워크플로에 "concurrency"를 쓰면 실행들이 GitHub에서 서로 기다리므로, 그동안 실행 시간(minutes)이 들지 않습니다.',
  }),
  'workload.paused': ({ deployment, namespace }) => ({
    what: `${named(deployment, '가')} 일시 정지되어 있습니다. 새 버전을 받아들이기만 하고 롤아웃하지는 않습니다.`,
    next: `다시 시작한 다음 job을 다시 실행하세요: kubectl rollout resume ${resourceOf(deployment)} -n ${namespace}`,
  }),
  'workload.zero': ({ deployment, namespace }) => ({
    what: `${named(deployment)}의 replica가 0개로 설정되어 있습니다. Pod가 하나도 시작되지 않으므로 새 버전이 동작하는지 확인할 방법이 없습니다.`,
    next: `replica를 늘린 다음 job을 다시 실행하세요: kubectl scale ${resourceOf(deployment)} -n ${namespace} --replicas=1`,
  }),
  'workload.on-delete': ({ deployment, namespace }) => ({
    what: `${named(deployment)}의 업데이트 전략이 OnDelete입니다. 누군가 Pod를 삭제할 때까지 Pod는 이전 버전으로 남아 있게 됩니다.`,
    next: `매니페스트(updateStrategy: {type: RollingUpdate})나 다음 명령으로 Pod를 스스로 교체하게 한 다음 job을 다시 실행하세요: kubectl patch ${resourceOf(deployment)} -n ${namespace} -p '{"spec":{"updateStrategy":{"type":"RollingUpdate"}}}'`,
  }),
  'workload.partition': ({ deployment, namespace, partition, replicas }) => ({
    what: `${named(deployment)}의 partition(${partition})이 replica 수(${replicas})보다 작지 않아서, 새 버전을 받을 Pod가 하나도 없습니다.`,
    next: `매니페스트의 updateStrategy.rollingUpdate.partition을 낮추거나, 모든 Pod를 업데이트하려면 다음 명령을 실행한 다음 job을 다시 실행하세요: kubectl patch ${resourceOf(deployment)} -n ${namespace} -p '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}'`,
  }),
  'workload.deleting': ({ deployment, namespace }) => ({
    what: `"${namespace}" 네임스페이스의 ${named(deployment, '가')} 삭제되는 중입니다.`,
    next: '다 지워질 때까지 기다렸다가 매니페스트로 다시 만들고 job을 다시 실행하세요.',
  }),
  'workload.soak': ({ asked, deadline }) => ({
    what: `"soak" 입력값(${asked}초)이 Deployment의 progressDeadlineSeconds(${deadline}초)보다 짧지 않습니다. 클러스터는 이것을 허용하지 않습니다.`,
    next: `"soak" 값을 ${deadline}s보다 짧게 하거나, 매니페스트의 progressDeadlineSeconds를 늘리세요.`,
  }),
  'workload.verify-port': ({ deployment, container, path }) => ({
    what: `"verify-path"를 어느 포트로 요청해야 하는지 알 수 없습니다. ${named(deployment)}의 "${container}" 컨테이너에 포트가 적혀 있지 않습니다.`,
    next: `":8080${path}"처럼 경로 앞에 포트를 쓰거나, 매니페스트에 포트를 적으세요(ports: [{containerPort: 8080}]).`,
  }),
  'workload.rejected': ({ detail }) => ({
    what: because('클러스터가 새 버전을 받아들이지 않습니다', detail),
    next: '바뀐 것은 없습니다. 위의 문구대로 클러스터의 규칙(webhook, policy, quota)이나 워크로드 자체가 막고 있습니다. 그 문구가 요구하는 대로 하거나, 클러스터 담당자에게 보여 주세요.',
  }),
  'workload.contended': ({ deployment }) => ({
    what: `새 버전을 쓰려는 동안 ${named(deployment, '가')} 거듭 바뀌었습니다.`,
    next: '그것에 쓰는 다른 것(다른 배포, autoscaler, GitOps 도구)이 있는지 확인하고 job을 다시 실행하세요.',
  }),
  'workload.write-unknown': ({ deployment, namespace, detail }) => ({
    what: because(
      `새 버전을 ${named(deployment)}에 보냈지만 분명한 응답이 오지 않아서, 적용되었는지 알 수 없습니다`,
      detail,
    ),
    next: `어떤 이미지가 들어 있는지 확인하세요(kubectl get ${resourceOf(deployment)} -n ${namespace} -o wide). job은 다시 실행해도 문제가 없습니다.`,
  }),
  'version.no-good': ({ running }) => ({
    what: `지금 실행 중인 버전(${running}) 전에 제대로 서비스했다고 알려진 버전이 없어서, 돌아갈 곳이 없습니다.`,
    next: '레지스트리에 있는 이미지를 실행하려면 작업(operation)을 "redeploy"로 하고 그 태그를 "version"에 쓰세요.',
  }),
  'version.not-here': ({ version, known }) => ({
    what: `여기서 "${version}" 버전을 실행한 적이 없습니다.${known ? ` 실행한 적이 있는 버전: ${known}.` : ''}`,
    next: '이력에 있는 리비전, 태그, 이미지 중 하나를 "version"에 쓰세요. 레지스트리의 다른 이미지를 실행하려면 "operation: redeploy"를 쓰세요.',
  }),
  'version.ambiguous': ({ version, tag, revision }) => ({
    what: `"${version}"은(는) 여기서 태그(${tag})이기도 하고 리비전 번호(${revision})이기도 한데, 둘은 서로 다른 이미지입니다.`,
    next: '원하는 이미지를 "version"에 전체 이름으로 쓰세요.',
  }),
  'version.has-failed': ({ version, image }) => ({
    what: `"${version}" 버전(${image})은 마지막으로 여기서 실행했을 때 실패했습니다. 롤백은 실패한 버전으로 돌아가지 않습니다.`,
    next: '다른 버전을 고르세요. 이 버전을 다시 시도하려면 작업(operation)을 "redeploy"로 하고 그 태그를 "version"에 쓰세요.',
  }),
  'version.missing': ({ tried, version }) => ({
    what: `레지스트리에 ${tried} 이미지가 없습니다.`,
    next: /^[0-9a-f]{7,39}$/.test(version)
      ? `"${version}"은(는) 커밋의 앞부분처럼 보입니다. 40자를 모두 쓰거나 이미지의 태그를 쓰세요.`
      : version
        ? '이미지가 푸시된 태그, 다이제스트 또는 전체 커밋을 "version"에 쓰세요.'
        : '"version"이 없으면 redeploy는 "tags"의 첫 항목을 쓰는데, 기본값은 이번 실행의 커밋입니다. 그 커밋으로 빌드한 이미지가 없거나 아직 없습니다. 실행할 태그, 다이제스트 또는 커밋을 "version"에 쓰세요.',
  }),
  'version.elsewhere': ({ version, repository }) => ({
    what: `"${version}" 버전은 ${repository} 저장소의 이미지가 아닙니다.`,
    next: '그 저장소의 태그, 다이제스트 또는 커밋을 쓰거나 "image"를 고치세요.',
  }),
  'version.unreadable': ({ image, detail }) => ({
    what: because(`레지스트리가 ${image} 이미지의 정보를 알려 주지 않았습니다`, detail),
    next: '비공개 이미지라면 "registry-username"과 "registry-password"를 확인하세요. 그렇지 않다면 레지스트리가 응답할 때 job을 다시 실행하세요.',
  }),
  'version.other-build-args': ({ image, running }) => ({
    what: `${image} 이미지는 지금 실행 중인 것(${running})과 다른 빌드 인자(build args)로 빌드되었습니다. 다른 환경용일 수 있습니다.`,
    next: '이 환경용으로 빌드한 이미지를 고르세요. 의도한 변경이라면 "allow-other-build-args"를 설정하세요.',
  }),
  'run.cancelled': () => ({
    what: '실행이 취소되었습니다.',
    next: '새 버전을 내보내려면 job을 다시 실행하세요.',
  }),
  'run.unexpected': ({ detail }) => ({
    what: because('예상하지 못한 일이 생겼습니다', detail),
    next: '"Enable debug logging"을 켜고 job을 다시 실행하세요. 또 같은 일이 생기면 로그와 함께 알려 주세요: https://github.com/medibird/deploy-action/issues',
  }),
};
