import * as english from '../en/advice';
import { short } from '../en/because';

/** What will hurt one day, and what to do about it. What to write into a manifest is the same in every language. */
export const adviceLines: typeof english.adviceLines = {
  'certificate-ends': ({ days, end, madeBy, username }) => {
    const [date] = end.toISOString().split('T');
    const left = days === 0 ? '하루 안에' : `${days}일 뒤에`;
    const ends = `"${username}" 사용자가 클러스터에 로그인할 때 쓰는 인증서가 ${left} 만료되고(${date}), 그 뒤로는 모든 배포가 실패합니다`;
    switch (madeBy) {
      case 'kubeadm':
        return {
          text: `${ends}. 대개 클러스터 자체의 인증서도 함께 만료됩니다. 그 전에 호스트에서 갱신하세요:`,
          snippet: { language: 'sh', code: renewal(username) },
        };
      case 'k3s':
        return {
          text: `${ends}. k3s는 다시 시작할 때 인증서를 갱신하며, 앱들은 그대로 실행됩니다. k3s를 다시 시작하고, kubeconfig의 사본이 있다면 그 뒤에 다시 만드세요.`,
          snippet: { language: 'sh', code: 'sudo systemctl restart k3s' },
        };
      case 'other':
        return {
          text: `${ends}. 클러스터 담당자에게 새 인증서를 요청해서, 호스트에 있는 "${username}" 사용자의 kubeconfig에 넣으세요.`,
        };
      default:
        return madeBy satisfies never;
    }
  },
  'previous-gone': (params) => ({
    ...english.adviceLines['previous-gone'](params),
    text: `이번 실행이 시작될 때 실행 중이던 ${short(params.image)} 이미지가 레지스트리에 더는 없습니다. "imagePullPolicy: Always"로는 이 이미지로 새 Pod를 시작할 수 없으므로, 이 이미지로의 롤백은 실패합니다. 이전 이미지를 레지스트리에 남겨 두고, 노드가 아직 가지고 있는 이미지를 쓰게 하세요:`,
  }),
  'no-readiness-probe': (params) => ({
    ...english.adviceLines['no-readiness-probe'](params),
    text: `"${params.container}" 컨테이너에 readiness probe가 없습니다. 그래서 새 Pod가 응답할 수 있기 전에 사용자가 그쪽으로 보내지고, 끝내 응답하지 않는 Pod도 준비된 것으로 여겨집니다. ${PROBES[params.probe.kind === 'tcp' && params.probe.port === undefined ? 'unknown' : params.probe.kind]}`,
  }),
  'all-unavailable': (params) => ({
    ...english.adviceLines['all-unavailable'](params),
    text: `배포할 때마다 새 Pod가 준비되기 전에 Pod ${params.replicas}개가 모두 중지될 수 있어서(maxUnavailable ${params.maxUnavailable}, maxSurge ${params.maxSurge}), 그동안 서비스하는 Pod가 없습니다. 노드에 Pod 하나가 더 들어갈 자리가 없는 것이 아니라면 매니페스트에 다음과 같이 쓰세요:`,
  }),
  'recreate-one': (params) => ({
    ...english.adviceLines['recreate-one'](params),
    text: '배포할 때마다 서비스하는 Pod가 없는 틈이 생깁니다. Recreate 전략은 이전 Pod를 모두 종료한 뒤에 새 Pod를 시작합니다. ReadWriteOnce 볼륨의 파일을 쓸 때처럼 두 버전이 절대로 동시에 실행되면 안 되는 경우에만 맞습니다. 그 밖에는 매니페스트에 다음과 같이 쓰세요:',
  }),
  'no-requests': (params) => ({
    ...english.adviceLines['no-requests'](params),
    text: `"${params.container}" 컨테이너에는 메모리가 얼마나 필요한지 적혀 있지 않아서, 클러스터는 자리가 있든 없든 이 컨테이너를 시작합니다. 노드의 메모리가 바닥나면 노드에 있는 무언가가 강제로 종료되며, 이웃(${some(params.neighbours)})일 수도 있습니다. 바쁠 때 필요한 양을 매니페스트의 MEMORY 자리에 512Mi처럼 쓰세요:`,
  }),
  'manifest-differs': ({ container, applied, running }) => ({
    text: `마지막으로 적용한 매니페스트에는 "${container}" 컨테이너의 이미지가 ${short(applied)}(으)로 적혀 있지만, 이번 실행이 시작될 때 실행 중이던 이미지는 ${short(running)}입니다. 다음에 "kubectl apply"를 하면 매니페스트의 이미지로 돌아갑니다. 이미지는 이 step에 맡기거나(apply할 때마다 다시 실행), 배포된 이미지를 먼저 매니페스트에 쓰세요.`,
  }),
};

/** Lines of the log and the summary about what a rollout did to others. */
export const neighbourLines: typeof english.neighbourLines = {
  'log.neighbour': ({ namespace, pod, container, reason, exitCode, restarts }) => {
    const count = `모두 ${restarts}번 재시작됨`;
    const who = `새 버전이 시작하는 동안 같은 노드에 있는 ${pod} Pod(${namespace} 네임스페이스)의 "${container}" 컨테이너가 다시 시작되었습니다`;
    return reason === 'OOMKilled'
      ? `${who}(OOMKilled, ${count}). 노드에 메모리가 부족할 수 있습니다. 앱마다 필요한 메모리를 매니페스트(resources.requests)에 적거나 사용량을 줄이세요. 자세히 보기: kubectl describe pod ${pod} -n ${namespace}`
      : `${who}(${reason}, 종료 코드 ${exitCode}, ${count}). 메모리처럼 그 컨테이너에 필요한 것을 새 버전이 차지했을 수 있습니다. 이유를 확인하세요: kubectl logs ${pod} -c ${container} -n ${namespace} --previous`;
  },
};

const PROBES = {
  http: '매니페스트에 추가하세요. 여기서는 다른 probe가 묻는 것을 그대로 썼습니다:',
  tcp: '매니페스트에 추가하세요(앱이 동작할 때만 200으로 응답하는 경로를 쓰는 httpGet이 더 좋습니다):',
  unknown: '앱이 받는 포트를 PORT 자리에 넣어서 매니페스트에 추가하세요:',
};

function renewal(username: string): string {
  return [
    'sudo kubeadm certs renew all',
    `# ~${username}/.kube/config가 admin.conf의 사본일 때만:`,
    `sudo install -m 600 -o ${username} /etc/kubernetes/admin.conf ~${username}/.kube/config`,
    '# 클러스터 자체는 호스트를 다시 시작할 때 새 인증서를 씁니다: 위의 날짜 전에, 한가한 시간에 하세요.',
  ].join('\n');
}

/** Enough names to see who is meant. */
function some(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 3).join(', ')}, …` : names.join(', ');
}
