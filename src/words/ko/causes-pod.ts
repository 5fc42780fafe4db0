import { printDuration } from '../../inputs/duration';
import { quote } from '../../transport/quote';
import { because, short } from '../en/because';
import type * as english from '../en/causes-pod';

const describe = (pod: string, namespace: string) => `kubectl describe pod ${pod} -n ${namespace}`;

/** The limit of time that was reached, as a noun. */
const limitOf = (whose: 'timeout' | 'progress', ms: number) =>
  whose === 'timeout' ? `"timeout" 값 ${printDuration(ms)}` : 'Deployment 자체의 progressDeadlineSeconds';

/** Causes that lie in the image or in the pod: pulling it, its settings, its program. */
export const podCauses: typeof english.podCauses = {
  'cause.pull-bad-name': ({ image, detail }) => ({
    what: because(`노드가 이미지 이름("${short(image)}")을 읽을 수 없습니다`, detail),
    next: '"image"와 "tags" 입력값을 고치세요.',
  }),
  'cause.pull-never': ({ image }) => ({
    what: `매니페스트가 노드의 이미지 내려받기를 금지하고 있는데(imagePullPolicy: Never), ${short(image)} 이미지가 노드에 없습니다.`,
    next: '매니페스트에서 imagePullPolicy를 IfNotPresent(또는 Always)로 설정하세요.',
  }),
  'cause.pull-not-found': ({ image, detail, isOurs }) => ({
    what: because(
      isOurs
        ? `노드가 ${short(image)} 이미지를 찾지 못합니다. 이번 실행이 푸시했고 레지스트리에서 확인한 이미지입니다`
        : `노드가 레지스트리에서 ${short(image)} 이미지를 찾지 못합니다`,
      detail,
    ),
    next: '노드가 이 job과 다른 곳에 요청하거나 로그인 없이 요청하고 있을 수 있습니다. 노드의 containerd에 이 레지스트리의 미러가 설정되어 있는지(/etc/containerd/certs.d), 레지스트리의 이름이 양쪽에서 같은 주소로 풀리는지, 비공개 저장소라면 매니페스트에 pull secret이 적혀 있는지 확인하세요. 알 권한이 없는 쪽에 "not found"라고 응답하는 레지스트리도 있습니다.',
  }),
  'cause.pull-no-login': ({ image, namespace, detail }) => ({
    what: because(
      `노드에 ${short(image)} 이미지를 내려받을 권한이 없습니다. Pod에 pull secret(imagePullSecrets)이 적혀 있지 않아서 내려받을 때 쓸 비밀번호가 없습니다`,
      detail,
    ),
    next: `이 step의 로그인은 푸시에만 쓰이고, 클러스터에는 따로 로그인이 필요합니다. 다음 명령으로 만들고(Docker Hub라면 --docker-server는 뺍니다):\n  kubectl create secret docker-registry registry -n ${namespace} --docker-server=REGISTRY --docker-username=USER --docker-password=TOKEN\n매니페스트의 spec.template.spec 아래에 적으세요: imagePullSecrets: [{name: registry}]. 또는 저장소를 공개로 바꾸세요.`,
  }),
  'cause.pull-secret-missing': ({ image, namespace, detail, secret }) => ({
    what: because(
      `노드에 ${short(image)} 이미지를 내려받을 권한이 없습니다. Pod에 적힌 pull secret "${secret}"이(가) ${namespace} 네임스페이스에 없어서 내려받을 때 쓸 비밀번호가 없습니다`,
      detail,
    ),
    next: `다음 명령으로 만들고(Docker Hub라면 --docker-server는 뺍니다) job을 다시 실행하세요:\n  kubectl create secret docker-registry ${quote([secret])} -n ${namespace} --docker-server=REGISTRY --docker-username=USER --docker-password=TOKEN`,
  }),
  'cause.pull-denied': ({ image, namespace, detail, secrets }) => ({
    what: because(
      `노드에 ${short(image)} 이미지를 내려받을 권한이 없습니다. 레지스트리가 pull secret의 로그인을 거부합니다(${secrets.join(', ')})`,
      detail,
    ),
    next: `그 토큰이 아직 있고 이 저장소를 읽을 수 있는지, 그 pull secret이 이 레지스트리용인지 확인하세요. 다음 명령으로 새로 만들고(Docker Hub라면 --docker-server는 뺍니다) job을 다시 실행하세요:\n  kubectl delete secret ${quote([secrets[0] ?? 'registry'])} -n ${namespace}\n  kubectl create secret docker-registry ${quote([secrets[0] ?? 'registry'])} -n ${namespace} --docker-server=REGISTRY --docker-username=USER --docker-password=TOKEN`,
  }),
  'cause.pull-rate-limit': ({ image, detail, secrets }) => ({
    what: because(
      `노드가 너무 자주 내려받았다고 레지스트리가 응답하며(rate limit), ${short(image)} 이미지를 내주지 않습니다`,
      detail,
    ),
    next: `${secrets.length > 0 ? 'pull secret의 계정이 내려받기 횟수를 다 썼습니다' : '로그인하지 않으면 한 주소에서 내려받은 횟수가 모두 합쳐집니다. 한도가 훨씬 큰 pull secret(imagePullSecrets)을 Pod에 주세요'}. 나중에 job을 다시 실행하세요. Docker Hub는 여섯 시간 단위로 셉니다.`,
  }),
  'cause.pull-network': ({ image, detail }) => ({
    what: because(`노드가 ${short(image)} 이미지의 레지스트리에 접속할 수 없습니다`, detail),
    next: '노드에서 "curl -sSI https://REGISTRY/v2/"를 실행해 그곳까지 연결되는지 확인하세요(네임 서버, 방화벽, 프록시, 레지스트리 자체). 연결되면 job을 다시 실행하세요.',
  }),
  'cause.pull-platform': ({ image, detail }) => ({
    what: because(`${short(image)} 이미지는 노드의 프로세서용이 아닙니다`, detail),
    next: '노드와 같은 아키텍처의 러너에서 빌드하거나, 그 아키텍처용 베이스 이미지로 빌드하세요. 어떤 아키텍처인지는 "kubectl get nodes -L kubernetes.io/arch"로 볼 수 있습니다.',
  }),
  'cause.pull-slow': ({ image, ms, whose }) => ({
    what: `노드가 아직 ${short(image)} 이미지를 내려받는 중인데 제한 시간이 지났습니다: ${limitOf(whose, ms)}.`,
    next: '레지스트리까지의 연결이 느리거나 막혔거나, 이미지가 아주 큽니다. 노드에서 "sudo crictl pull IMAGE"를 실행하면 어느 쪽인지 알 수 있습니다. 이미지를 줄이거나 제한 시간을 늘리세요.',
  }),
  'cause.pull-other': ({ image, detail }) => ({
    what: because(`노드가 ${short(image)} 이미지를 내려받지 못합니다`, detail),
    next: '이유는 위에 있는 노드의 문구에 있습니다. 노드에서 "sudo crictl pull IMAGE"를 실행해 같은 일을 직접 시도해 보세요.',
  }),
  'cause.missing': ({ kind, name, key, container, namespace }) => {
    const who = container === '' ? 'Pod' : `"${container}" 컨테이너`;
    const plural = `${kind.toLowerCase()}s`;
    return key === ''
      ? {
          what: `${who}에 필요한 ${kind} "${name}"이(가) ${namespace} 네임스페이스에 없습니다.`,
          next: `${namespace} 네임스페이스에 만들거나, 매니페스트에서 이름을 고친 다음 job을 다시 실행하세요. 지금 있는 것: kubectl get ${plural} -n ${namespace}`,
        }
      : {
          what: `${kind}${name === '' ? '' : ` "${name}"`}에 "${key}" 키가 없습니다. ${who}에 필요한 키입니다.`,
          next: `그 키를 추가하거나, 매니페스트에서 키의 이름을 고친 다음 job을 다시 실행하세요. 들어 있는 키: kubectl describe ${kind.toLowerCase()} ${name === '' ? 'NAME' : quote([name])} -n ${namespace}`,
        };
  },
  'cause.root': ({ container, detail }) => ({
    what: because(
      `"${container}" 컨테이너는 root로 실행할 수 없는데(runAsNonRoot), 이미지는 root로 실행됩니다`,
      detail,
    ),
    next: 'Dockerfile의 마지막에 "USER 65532" 같은 줄을 넣거나(이름은 확인할 수 없으므로 숫자로 씁니다), 매니페스트에 runAsUser를 설정하세요.',
  }),
  'cause.config': ({ container, pod, namespace, detail }) => ({
    what: because(`"${container}" 컨테이너의 설정을 구성할 수 없습니다`, detail),
    next: `위의 문구에 나온 것을 매니페스트에서 고치세요. 자세히 보기: ${describe(pod, namespace)}`,
  }),
  'cause.start': ({ container, entrypoint, fault, detail, pod, namespace }) => {
    const cannot = `"${container}" 컨테이너를 시작할 수 없습니다`;
    const command = entrypoint === '' ? '이미지의 시작 명령' : `이미지의 시작 명령("${entrypoint}")`;
    switch (fault) {
      case 'no-command':
        return {
          what: `${cannot}: ${command}이 이미지 안에 없습니다.`,
          next: 'Dockerfile의 ENTRYPOINT나 CMD(또는 매니페스트의 "command")를 고치거나, 프로그램을 이미지에 복사하세요. 프로그램이 있는데도 이렇다면, 첫 줄(#!…)에 적힌 프로그램이 없는 스크립트이거나, 필요한 C 라이브러리가 이미지에 없는 프로그램입니다. 안을 들여다보려면: docker run --rm -it --entrypoint sh IMAGE',
        };
      case 'no-permission':
        return {
          what: `${cannot}: ${command}을 실행할 권한이 없습니다.`,
          next: 'Dockerfile에서 실행 권한을 주고(COPY --chmod=755 … 또는 RUN chmod +x …), 폴더가 아니라 프로그램인지 확인하세요. Git에도 권한을 저장할 수 있습니다: git update-index --chmod=+x FILE',
        };
      case 'format':
        return {
          what: `${cannot}: ${command}은 노드의 프로세서용 프로그램이 아닙니다(exec format error).`,
          next: FOR_THE_NODE,
        };
      case 'no-command-set':
        return {
          what: `${cannot}: 이미지에 시작 명령이 없습니다.`,
          next: 'Dockerfile에 ENTRYPOINT나 CMD를 추가하세요.',
        };
      case 'no-folder':
        return {
          what: because(`"${container}" 컨테이너를 시작할 수 없습니다. 작업 디렉터리에 들어갈 수 없습니다`, detail),
          next: 'Dockerfile의 WORKDIR나 매니페스트의 workingDir 값을 고치세요.',
        };
      case 'other':
        return {
          what: because(cannot, detail),
          next: `이유는 위에 있는 노드의 문구에 있습니다. 자세히 확인하세요: ${describe(pod, namespace)}`,
        };
      default:
        return fault satisfies never;
    }
  },
  'cause.format': ({ container }) => ({
    what: `"${container}" 컨테이너가 바로 종료됩니다. 프로그램이 노드의 프로세서용이 아닙니다(exec format error).`,
    next: FOR_THE_NODE,
  }),
  'cause.crash': ({ isInit, exitCode, ends, said, namespace, pod, container }) => ({
    what: because(
      `"${container}" ${isInit ? 'init 컨테이너' : '컨테이너'}가 시작한 뒤 종료됩니다(${ends > 1 ? `지금까지 ${ends}번, ` : ''}${exitText(exitCode)})`,
      said && `마지막으로 남긴 말: ${said}`,
    ),
    next: `${said === '' ? `마지막으로 남긴 말은 알려진 것이 없습니다. 남긴 말이 있는지 확인하세요(kubectl logs ${pod} -c ${container} -n ${namespace} --previous).` : '아래에 있는 마지막 줄들을 확인하세요. 대개 거기에 이유가 있습니다: 빠진 설정, 응답하지 않는 데이터베이스, 없는 파일 등입니다.'} ${ends > 1 ? '늦게 뜨는 것을 기다리는 것뿐이라면 "max-restarts" 값을 늘리세요.' : ''}`.trim(),
  }),
  'cause.probe-kill': ({ probe, restarts, answer, check, container }) => ({
    what: because(
      `${probe} probe(${check})가 실패해서 노드가 "${container}" 컨테이너를 ${restarts}번 다시 시작했습니다`,
      answer,
    ),
    next:
      probe === 'liveness'
        ? '앱이 그곳에서 아직 응답하는지, 포트가 맞는지 확인하세요. 시작이 느린 것뿐이라면 매니페스트에서 startupProbe를 추가하거나 livenessProbe의 initialDelaySeconds를 늘리세요.'
        : '앱이 그곳에서 응답하는지, 포트가 맞는지 확인하세요. 시작하는 데 시간이 더 필요한 것뿐이라면 매니페스트에서 startupProbe의 failureThreshold를 늘리세요.',
  }),
  'cause.oom': ({ container, limit, ends }) => ({
    what: `${limit === '' ? '노드에 남은 메모리가 없어서' : `메모리 한도 ${limit}에 걸려서`} "${container}" 컨테이너가 ${ends}번 강제로 종료되었습니다.`,
    next:
      limit === ''
        ? '노드에 메모리가 부족합니다. 노드에 있는 컨테이너에 requests와 limits를 설정하거나, 사용량을 줄이거나, 더 큰 서버를 쓰세요.'
        : '매니페스트의 resources.limits.memory를 늘리거나, 앱이 쓰는 메모리를 줄이세요. JVM은 -XX:MaxRAMPercentage=75로 한도를 넘지 않게 할 수 있습니다.',
  }),
  'cause.not-ready': ({ probe, check, answer, ms, whose }) => ({
    what: because(
      `새 버전이 실행되고는 있지만 ${limitOf(whose, ms)} 안에 준비되지 않았습니다. ${probe} probe(${check})가 실패합니다`,
      answer,
    ),
    next: `왜 그곳에서 응답하지 않는지 확인하세요. 마지막 줄들이 아래에 있습니다. 매니페스트의 포트나 경로가 틀려도 이렇게 보입니다. 시작하는 데 시간이 더 필요한 것뿐이라면 ${whose === 'timeout' ? '"timeout" 값을' : '매니페스트의 progressDeadlineSeconds와 함께 "timeout" 값도'} 늘리세요.`,
  }),
  'cause.verify-path': ({ path, detail }) => ({
    what: because(`새 Pod가 준비되었지만 ${path} ("verify-path")에 제대로 응답하지 않습니다`, detail),
    next: '아래에 있는 마지막 줄들을 확인하세요. 대개 거기에 이유가 있습니다. 200에서 299 사이의 응답이 정상입니다(리다이렉트는 따라갑니다). 준비된 뒤에 시간이 더 필요한 앱이라면 "soak" 값을 늘리세요.',
  }),
  'cause.verify-url': ({ url, detail }) => ({
    what: because(`새 Pod들이 준비되었지만 ${url} ("verify-url")에서 제대로 된 응답이 오지 않습니다`, detail),
    next: '그 주소를 직접 열어 보세요. 직접 열면 응답하는데 여기서는 응답하지 않는다면, 러너가 그곳에 접속할 수 있는지 확인하세요(방화벽, DNS). 200에서 299 사이의 응답이 정상입니다(리다이렉트는 따라갑니다).',
  }),
};

const FOR_THE_NODE =
  '노드의 아키텍처용으로 이미지를 빌드하세요(어떤 아키텍처인지는 "kubectl get nodes -L kubernetes.io/arch"로 볼 수 있습니다). 스크립트라면 첫 줄에 #!/bin/sh 같은 줄이 필요합니다.';

/** What an exit code says by itself. */
function exitText(code: number): string {
  const known: Readonly<Record<number, string>> = {
    0: '할 일을 마친 것처럼 끝남. 서버는 계속 실행되어야 함',
    126: '프로그램을 실행하지 못함',
    127: '프로그램을 찾지 못함',
    134: '스스로 중단함, SIGABRT',
    137: '강제로 종료됨, SIGKILL',
    139: '충돌로 종료됨, SIGSEGV',
    143: '종료하라는 신호를 받음, SIGTERM',
  };
  return `종료 코드 ${code}${known[code] ? `: ${known[code]}` : ''}`;
}
