import { because, quoted } from '../en/because';
import type * as english from '../en/manifests';
import { named } from './named';

/** Problems with the files of `manifests`, and with what they would change. */
export const manifestProblems: typeof english.manifestProblems = {
  'manifests.missing': ({ path }) => ({
    what: `"manifests"에 쓴 ${quoted(path)}는 작업 공간에 있는 파일이나 폴더가 아닙니다.`,
    next: '이 step 앞에 actions/checkout을 두고, 경로는 저장소의 최상위 폴더를 기준으로 쓰세요.',
  }),
  'manifests.outside': ({ path }) => ({
    what: `"manifests"에 쓴 ${quoted(path)}는 작업 공간 밖을 가리킵니다.`,
    next: '저장소 안의 파일과 폴더만 쓰세요. 저장소 안에 있는 링크도 밖을 가리키면 안 됩니다.',
  }),
  'manifests.empty': ({ path }) => ({
    what: `"manifests"의 ${quoted(path)} 폴더에 매니페스트가 없습니다. 이름이 .yaml, .yml, .json으로 끝나는 파일이 없습니다.`,
    next: '폴더 안의 폴더는 찾아보지 않습니다. 각각을 별도의 줄에 쓰세요.',
  }),
  'manifests.large': ({ path, limit }) => ({
    what: `"manifests"의 ${quoted(path)} 파일이 ${limit}바이트보다 큽니다.`,
    next: '클러스터의 객체는 이만큼 클 수 없습니다. 객체가 여럿이면 여러 파일로 나누세요.',
  }),
  'manifests.unreadable': ({ file, detail }) => ({
    what: because(`${file} 파일을 YAML로 읽을 수 없습니다`, detail),
    next: '그 줄을 고치세요. "kubectl apply --dry-run=client -f FILE"도 파일을 같은 방법으로 읽습니다.',
  }),
  'manifests.incomplete': ({ field }) => ({
    what: `여기서 시작하는 내용은 클러스터의 객체가 아닙니다. ${field} 값이 없거나, 클러스터가 허용하지 않는 값입니다.`,
    next: '문서마다 "apiVersion", "kind", "metadata.name"이 필요합니다. Helm과 Kustomize의 템플릿은 이 step 앞의 step에서 먼저 렌더링하세요.',
  }),
  'manifests.namespace': ({ object, found, namespace }) => ({
    what: `${object} 객체는 ${quoted(found)} 네임스페이스의 것인데, 이 step은 "${namespace}" 네임스페이스에 배포합니다.`,
    next: '매니페스트에서 "metadata.namespace"를 빼세요. 어디에 적용할지는 "namespace" 입력값이 정합니다. 다른 네임스페이스의 객체는 별도의 step에서 적용하세요.',
  }),
  'manifests.cluster-scoped': ({ object }) => ({
    what: `${object} 객체는 네임스페이스가 아니라 클러스터 전체에 속합니다. 배포는 그런 객체를 건드리지 않습니다.`,
    next: '"manifests"에서 빼고, 클러스터 관리자가 한 번 적용하게 하세요.',
  }),
  'manifests.twice': ({ object, file, line }) => ({
    what: `${object} 객체가 "manifests"에 두 번 있습니다. 먼저 나온 곳은 ${file} 파일의 ${line}번째 줄입니다.`,
    next: '하나를 빼거나, 필요한 파일만 쓰세요.',
  }),
  'manifests.forbidden': ({ object, detail }) => ({
    what: because(`배포 사용자에게 ${object} 객체를 적용할 권한이 없습니다`, detail),
    next: '권한은 클러스터 관리자가 줍니다. 호스트에서 설정 스크립트를 "--manifests"와 함께 실행하면 Deployment, StatefulSet, Service, ConfigMap, Ingress의 권한이 생깁니다. 다른 종류에는 README에 나온 대로 get, create, patch가 있는 Role이 필요합니다. 아니면 그 객체를 "manifests"에서 빼세요.',
  }),
  'manifests.rejected': ({ object, detail }) => ({
    what: because(`클러스터가 ${object} 객체를 받아들이지 않습니다`, detail),
    next: '매니페스트를 고치세요. 위의 문장은 클러스터가 한 말입니다. immutable이라고 한 필드는 그대로 바꿀 수 없습니다. 직접 "kubectl delete"로 지운 뒤 다시 배포하면 객체가 새로 만들어집니다.',
  }),
  'manifests.conflict': ({ object, manager, fields, command }) => ({
    what: `${quoted(manager)}이(가) 다르게 설정한 필드를 ${object} 매니페스트가 설정합니다: ${fields.join(', ')}.`,
    next: `${
      manager === 'kubectl-client-side-apply'
        ? '사람이 직접, 또는 다른 워크플로에서 실행한 "kubectl apply"가 설정한 값입니다. 앞으로 매니페스트가 정하게 하려면'
        : '지금 값을 그대로 둘 것이면(오토스케일러나 사람이 직접 바꾼 값) 그 필드를 매니페스트에서 빼세요. 매니페스트가 정하게 하려면'
    } 그 관리자가 이 객체를 한 번 내려놓게 하고 job을 다시 실행하세요. 실행 중인 것은 바뀌지 않습니다${command ? `: ${command}` : '.'}`,
  }),
  'manifests.idle': ({ operation }) => ({
    what: `"${operation}" 작업은 매니페스트를 적용하지 않습니다. 배포(deploy)만 적용합니다.`,
    next: '"manifests"에 쓴 것은 건드리지 않습니다. 적용하려면 "operation: deploy"로 실행하세요.',
  }),
  'manifests.not-restored': ({ object, detail }) => ({
    what: because(`${object} 객체를 이 배포 전의 상태로 되돌리지 못했습니다`, detail),
    next: '지금 상태를 확인해서 고치거나, 이전 매니페스트로 job을 다시 실행하세요.',
  }),
};

/** Lines of the log and the summary about manifests. */
export const manifestLines: typeof english.manifestLines = {
  'manifests.survey': ({ created, changed, same }) =>
    `매니페스트: 새로 만들 객체 ${created}개, 바꿀 객체 ${changed}개, 그대로인 객체 ${same}개`,
  'manifests.create': ({ object }) => `+ ${object} (새로 만듦)`,
  'manifests.untried': ({ namespace }) =>
    `${namespace} 네임스페이스가 없습니다. 매니페스트가 만들며, 그 안에 들어갈 객체는 미리 시험해 볼 수 없습니다`,
  'manifests.workload-new': ({ deployment }) => `${named(deployment, '가')} 아직 없습니다. 매니페스트가 만듭니다`,
  'manifests.created': ({ object }) => `${object} 객체를 만들었습니다`,
  'manifests.changed': ({ object }) => `${object} 객체를 바꾸었습니다`,
  'manifests.applied': ({ object }) => `${object} 매니페스트를 적용했습니다`,
  'manifests.settings': ({ objects }) =>
    `${objects} 객체는 바뀌었지만 Pod 템플릿은 그대로입니다. 거기서 환경 변수를 가져오는 Pod는 다시 시작할 때까지("operation: restart") 예전 값을 씁니다`,
  'manifests.restored': ({ object }) => `${object} 객체는 이 배포 전의 상태로 돌아왔습니다`,
  'manifests.kept': ({ object }) => `${object} 객체는 그동안 다른 누군가가 바꾸었으므로 그대로 둡니다`,
  'manifests.left': ({ objects }) => `이 배포가 바꾼 객체: ${objects}. 되돌리지 않았으므로 바뀐 채로 남아 있습니다`,
  'manifests.stay': ({ objects, command }) =>
    `이 배포가 만든 객체: ${objects}. 데이터가 들어 있을 수 있으므로 지우지 않고 남겨 둡니다. 지우려면: ${command}`,
  'plan.apply': ({ objects }) => `적용: ${objects}`,
  'summary.manifests': () => '매니페스트로 바뀐 것',
};
