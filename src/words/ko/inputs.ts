import type { NameFault } from '../../image/reference';
import { printDuration } from '../../inputs/duration';
import { because, quoted } from '../en/because';
import type * as english from '../en/inputs';
import type { ShapedInput } from '../en/inputs';

const FLAG = '"true" 또는 "false"';

/** What each input has to be. */
const SHAPES: Record<ShapedInput, string> = {
  operation: '"deploy", "redeploy", "restart", "rollback" 중 하나',
  version: '태그, 다이제스트, 커밋 중 하나(redeploy), 또는 리비전이나 이미지(rollback)',
  'dry-run': FLAG,
  'allow-other-build-args': FLAG,
  'registry-username': '콜론이 없는 사용자 이름만',
  context: '체크아웃한 저장소의 폴더. 예: ".", "./web"',
  target: 'Dockerfile에 있는 스테이지의 이름',
  platforms: '"linux/amd64,linux/arm64" 같은 플랫폼',
  'no-cache': FLAG,
  pull: FLAG,
  builder: '"docker buildx ls"에 나오는 빌더의 이름',
  network: '"default", "none", "host" 중 하나',
  provenance: '"true", "false" 또는 "mode=max" 같은 옵션',
  sbom: '"true", "false" 또는 "generator=IMAGE"',
  'skip-existing': FLAG,
  'ssh-host': '"203.0.113.7" 같은 호스트 이름이나 IP 주소만. 사용자, 포트, 스킴은 쓰지 않음',
  'ssh-port': '1부터 65535까지의 숫자',
  'ssh-username': '호스트에 있는 사용자의 이름. 예: "deployer"',
  kubectl: '특수 문자가 없는 단어. 예: "kubectl", "sudo k3s kubectl"',
  deployment: 'Deployment의 이름(예: "caring-note-api") 또는 "statefulset/NAME"(소문자, 숫자, 하이픈)',
  container:
    '빌드한 이미지를 넣을 컨테이너의 이름(소문자, 숫자, 하이픈), 또는 다른 이미지라면 NAME=IMAGE. 한 줄에 하나씩',
  namespace: '네임스페이스의 이름. 예: "default"(소문자, 숫자, 하이픈)',
  timeout: '1s부터 6h까지의 시간',
  'max-restarts': '2 같은 정수',
  'rollback-on-failure': FLAG,
  'verify-path': '"/healthz" 같은 경로, 또는 ":8080/healthz"처럼 앞에 포트를 붙인 경로',
  'verify-url': '"https://api.example.org" 같은 주소',
  'environment-url': '"https://api.example.org" 같은 주소',
  'github-deployment': FLAG,
  language: '"en" 또는 "ko"',
};

/** What the actions of the usual recipe call otherwise, or need and this one does not. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['username', '여기서는 레지스트리의 사용자가 "registry-username"이고, 호스트의 사용자가 "ssh-username"입니다.'],
  ['password', '레지스트리의 비밀번호는 여기서 "registry-password"입니다. 호스트에는 키("ssh-key")로만 접속합니다.'],
  ['registry', '레지스트리는 "image"에 씁니다. 예: "ghcr.io/user/name". 다른 로그인은 "registry-auth"에 쓰세요.'],
  ['push', '지우세요. 이 액션은 항상 푸시합니다.'],
  ['load', '지우세요. 이 액션은 이미지를 푸시하며, 따로 불러오지 않습니다.'],
  ['host', '여기서는 "ssh-host"입니다.'],
  ['port', '여기서는 "ssh-port"입니다.'],
  ['key', '여기서는 "ssh-key"입니다.'],
  ['passphrase', '여기서는 "ssh-passphrase"입니다.'],
  ['fingerprint', '여기서는 "ssh-host-key"입니다.'],
  ['script', '지우세요. 이미지는 이 액션이 바꿉니다. 어디를 바꿀지는 "deployment"와 "namespace"에 쓰세요.'],
]);

/** What is wrong with the name of an image; `part` is the part that it is about. */
const NAME_FAULTS: Record<NameFault, (part: string) => string> = {
  scheme: () => '"https://" 같은 스킴으로 시작합니다. 이미지 이름에는 스킴이 없습니다',
  digest: () => '다이제스트가 들어 있습니다. 다이제스트는 빌드한 뒤에야 알 수 있습니다',
  digests: () => '@가 둘 이상 들어 있습니다',
  tag: () => '태그가 들어 있습니다. 태그는 "tags" 입력값에 따로 씁니다',
  registry: (part) => `"${part}"은(는) 레지스트리 이름이 아닙니다`,
  empty: () => '슬래시 앞이나 뒤가 비어 있습니다',
  component: (part) => `"${part}"에는 소문자와 숫자, 그 사이의 점, 하이픈, 밑줄만 쓸 수 있습니다`,
  length: (part) => `${part}자를 넘습니다`,
};

/** Problems with what was written under `with:`. */
export const inputProblems: typeof english.inputProblems = {
  'input.missing': ({ name }) => ({
    what: `"${name}" 입력값이 없거나 비어 있습니다.`,
    next: `"with:" 아래에 "${name}: …" 줄을 추가하세요. 시크릿이나 변수에서 가져오는 값이라면 이 job에서 볼 수 있는지 확인하세요: 이름과 environment가 맞아야 하고, fork에서 실행된 워크플로가 아니어야 합니다.`,
  }),
  'input.control': ({ name }) => ({
    what: `"${name}" 입력값에 줄바꿈이나 다른 제어 문자가 들어 있습니다.`,
    next: `"${name}" 값을 한 줄로 쓰세요.`,
  }),
  'input.nul': ({ name }) => ({
    what: `"${name}" 입력값에 NUL 문자가 들어 있습니다. 이 문자는 docker에 넘길 수 없습니다.`,
    next: '텍스트가 아닌 값입니다. 파일은 "secret-files"나 "build-contexts"로 넘기세요.',
  }),
  'input.tags': ({ detail }) => ({
    what: because('"tags"에 맞지 않는 항목이 있습니다', detail),
    next: '"v1.2.3"처럼 태그만 쓰거나, "user/name:v1.2.3"처럼 저장소와 함께 쓰세요. 태그는 글자, 숫자, 점, 하이픈, 밑줄로 128자까지 쓸 수 있고, 점이나 하이픈으로 시작할 수 없습니다. "tags"를 쓰지 않으면 커밋의 SHA를 사용합니다.',
  }),
  'input.version': ({ operation, given }) => ({
    what: `"version" 입력값이 ${quoted(given)}인데, "${operation}" 작업(operation)에는 버전을 줄 수 없습니다: deploy는 직접 빌드하고, restart는 지금 실행 중인 버전을 그대로 둡니다.`,
    next: '"version"을 비워 두거나, 작업(operation)을 "redeploy" 또는 "rollback"으로 바꾸세요.',
  }),
  'input.shape': ({ input, given }) => ({
    what: `"${input}" 입력값 ${quoted(given)}의 형식이 맞지 않습니다.`,
    next: `다음에 맞게 쓰세요: ${SHAPES[input]}.`,
  }),
  'input.duration': ({ name, given }) => ({
    what: `"${name}" 입력값 ${quoted(given)}은(는) 시간이 아닙니다.`,
    next: '"90s", "10m", "1h"처럼 숫자와 단위를 함께 쓰세요.',
  }),
  'input.soak': ({ soakMs, timeoutMs, pods = 1 }) => ({
    what: `새 Pod는 ${printDuration(soakMs)} 동안 준비 상태를 유지해야 합니다("soak" 값, readiness probe가 없을 때의 기본값, 또는 워크로드 자체의 minReadySeconds에 따른 시간). ${pods > 1 ? `StatefulSet은 Pod ${pods}개를 하나씩 차례로 바꾸므로 적어도 ${printDuration(soakMs * pods)}이 걸립니다. ` : ''}그런데 이 시간이 "timeout" 값 ${printDuration(timeoutMs)}보다 짧지 않으므로 어떤 배포도 성공할 수 없습니다.`,
    next: '"timeout"을 늘리거나 "soak" 값을 줄이세요.',
  }),
  'input.list': ({ name, detail }) => ({
    what: because(`"${name}" 입력값을 목록으로 읽을 수 없습니다`, detail),
    next: '한 줄에 항목을 하나씩 쓰세요. 큰따옴표나 줄바꿈이 들어 있는 항목은 큰따옴표로 감싸고, 안쪽의 큰따옴표는 두 번씩 쓰세요.',
  }),
  'input.workloads': ({ names, most }) => ({
    what: `"deployment" 입력값에 워크로드가 ${names.length}개 있습니다: ${names.join(', ')}.`,
    next: `하나를 한 번씩만, 한 줄에 하나씩, 많아도 ${most}개까지 쓰세요. 나머지는 다른 스텝에 쓰세요.`,
  }),
  'input.containers': ({ names }) => ({
    what: `"container" 입력값(${names.join(', ')})은 빌드한 이미지를 넣을 수 있는 컨테이너 목록이 아닙니다.`,
    next: '컨테이너마다 한 번씩, 한 줄에 하나씩 쓰세요. 빌드한 이미지를 넣을 것은 NAME(하나 이상), 다른 이미지를 넣을 것은 NAME=IMAGE로 씁니다.',
  }),
  'input.keyed': ({ name, entry }) => ({
    what: `"${name}" 입력값의 ${entry}번째 항목이 NAME=value 형식이 아닙니다.`,
    next: '한 줄에 NAME=value를 하나씩 쓰세요. 값에 줄바꿈이 있으면 이름까지 포함한 항목 전체를 큰따옴표로 감싸세요.',
  }),
  'input.login': ({ missing }) => ({
    what: `"${missing}" 입력값이 비어 있는데 짝이 되는 값은 있습니다. 로그인에는 둘 다 필요합니다.`,
    next: `"${missing}" 값을 추가하거나, 로그인이 필요 없는 레지스트리라면 둘 다 빼세요. 시크릿에서 가져오는 값이라면 이 job에서 볼 수 있는지 확인하세요.`,
  }),
  'input.login-twice': ({ registry }) => ({
    what: `${registry} 레지스트리의 로그인이 두 개입니다. docker는 레지스트리마다 하나만 압니다.`,
    next: '하나를 빼세요. "registry-username"과 "registry-password"는 "image"의 레지스트리용이고, "registry-auth"는 그 밖의 레지스트리용입니다.',
  }),
  'input.registry-auth': ({ entry }) => ({
    what:
      entry === undefined
        ? '"registry-auth" 입력값이 YAML 목록이 아닙니다.'
        : `"registry-auth"의 ${entry}번째 항목에 텍스트로 된 "username"(콜론 없이)과 "password"가 없습니다(Docker Hub가 아니면 "registry"도 필요합니다).`,
    next: 'docker/login-action과 같은 방식으로 "registry-auth: |" 뒤에 쓰세요:\n- registry: ghcr.io\n  username: ${{ github.actor }}\n  password: ${{ secrets.GITHUB_TOKEN }}\n숫자로만 된 비밀번호는 따옴표로 감싸세요. 시크릿에서 가져오는 값이라면 이 job에서 볼 수 있는지 확인하세요.',
  }),
  'input.secret-size': ({ entry, limit }) => ({
    what: `"secrets"의 ${entry}번째 항목이 ${limit} KiB보다 깁니다.`,
    next: '이 step보다 앞에서 파일로 저장하고, 그 파일을 "secret-files"에 적으세요.',
  }),
  'input.secret-env': ({ entry }) => ({
    what: `"secret-envs"의 ${entry}번째 항목이 환경 변수의 이름이 아닙니다.`,
    next: '"id=VARIABLE" 형식으로 쓰세요. VARIABLE에는 값이 아니라, 이 step이 "env:"로 받는 변수의 이름을 적습니다.',
  }),
  'input.secret-twice': () => ({
    what: '빌드 시크릿 두 개의 id가 같습니다.',
    next: '"secrets", "secret-envs", "secret-files"를 통틀어 각 id를 한 번만 쓰세요.',
  }),
  'input.no-context': ({ context }) => ({
    what: `빌드 컨텍스트 ${quoted(context)}은(는) 작업 공간(workspace)에 있는 폴더가 아닙니다.`,
    next: '이 step 앞에 actions/checkout을 두고, "context"를 저장소의 루트를 기준으로 한 경로로 쓰세요.',
  }),
  'input.no-dockerfile': ({ file }) => ({
    what: `Dockerfile ${quoted(file)}이(가) 없습니다.`,
    next: '이 step 앞에 actions/checkout을 두고, "file"을 ("context"가 아니라) 저장소의 루트를 기준으로 한 경로로 쓰세요.',
  }),
  'input.unknown': ({ name, nearest }) => ({
    what: `이 액션에는 ${quoted(name)} 입력이 없어서 무시합니다.`,
    next:
      ELSEWHERE.get(name) ??
      (nearest === '' ? '"with:"에서 지우세요.' : `"${nearest}"을(를) 쓰려던 것인지 확인하세요.`),
  }),
  'image.name': ({ given, nameFault, part }) => ({
    what: `${quoted(given)}은(는) 이미지 이름이 아닙니다: ${NAME_FAULTS[nameFault](part)}.`,
    next: given.startsWith('/')
      ? '슬래시 앞부분이 비어 있습니다. 변수(vars.X)에서 가져오는 값이라면 이 job에는 그 이름의 변수가 보이지 않는 것입니다. 시크릿으로 저장되어 있거나, 철자가 다르거나, 다른 environment에 속해 있는지 확인하세요(Settings → Secrets and variables → Actions).'
      : 'Docker Hub라면 "user/name", 다른 레지스트리라면 "registry.example.org/user/name" 형식으로 쓰세요.',
  }),
  'image.capitals': ({ given, lower }) => ({
    what: `이미지 이름 ${quoted(given)}에 대문자가 있습니다. 레지스트리는 대문자를 허용하지 않습니다.`,
    next: `다음과 같이 쓰세요: ${quoted(lower)}.`,
  }),
  'image.tag': ({ given }) => ({
    what: `${quoted(given)}은(는) 태그가 아닙니다.`,
    next: '태그는 글자, 숫자, 점, 하이픈, 밑줄로 128자까지 쓸 수 있고, 점이나 하이픈으로 시작할 수 없습니다. 이 규칙에 맞게 고치세요. "tags"를 쓰지 않으면 커밋의 SHA를 사용합니다.',
  }),
  'image.digest': ({ given }) => ({
    what: `${quoted(given)}은(는) 다이제스트가 아닙니다.`,
    next: '다이제스트는 "sha256:" 뒤에 16진수 64자리를 붙여서 쓰세요.',
  }),
  'image.tagless': ({ given }) => ({
    what: `"tags"의 항목 ${quoted(given)}은(는) 태그로 푸시할 수 없습니다: 태그가 없거나 다이제스트가 붙어 있습니다.`,
    next: '"v1.2.3"처럼 태그만 쓰거나, "user/name:v1.2.3"처럼 저장소와 함께 쓰세요.',
  }),
  'image.no-own-tag': () => ({
    what: '"tags"의 항목 중에 "image"가 가리키는 저장소에 속하는 것이 없어서, 클러스터가 실행할 이미지가 없습니다.',
    next: '${{ github.sha }}처럼 앞에 저장소가 없는 태그를 추가하세요.',
  }),
};
