import { because } from '../en/because';
import type * as english from '../en/build';

/** Problems with building and pushing. */
export const buildProblems: typeof english.buildProblems = {
  'build.no-buildx': ({ detail }) => ({
    what: because('이 러너에서 buildx를 갖춘 Docker가 동작하지 않습니다', detail),
    next: 'Docker가 있는 러너(예: ubuntu-latest)에서 job을 실행하거나, 이 step 앞에 docker/setup-buildx-action을 추가하세요.',
  }),
  'build.no-engine': ({ detail }) => ({
    what: because('이 러너에서 Docker 엔진이 실행되고 있지 않거나, 이 job에 사용 권한이 없습니다', detail),
    next: 'Docker가 있는 러너(예: ubuntu-latest)에서 job을 실행하세요. 직접 운영하는 서버라면 엔진을 시작하고("sudo systemctl start docker") 러너의 사용자를 "docker" 그룹에 넣으세요.',
  }),
  'build.no-builder': ({ builder, detail }) => ({
    what: because(`"${builder}" 빌더가 없습니다`, detail),
    next: '이 step 앞에서 docker/setup-buildx-action 등으로 빌더를 만들거나(출력 "name"이 그 이름입니다), "builder"를 빼세요.',
  }),
  'build.builder-cannot': ({ builder, needs }) => ({
    what: `"${builder}" 빌더는 Docker 엔진에 내장된 것이라 요청한 작업을 할 수 없습니다: ${needs.map((need) => NEEDS[need]).join(', ')}.`,
    next: '"builder"를 빼세요. 그러면 이 step이 그 작업을 할 수 있는 빌더를 만들고 job이 끝날 때 지웁니다. 또는 docker/setup-buildx-action으로 직접 만드세요.',
  }),
  'build.no-buildkit': ({ image, detail }) => ({
    what: because(`빌더의 이미지("${image}")를 내려받지 못했습니다`, detail),
    next: 'job을 다시 실행하세요. 이 러너가 Docker Hub에 접속할 수 없다면, 러너가 실행할 수 있는 빌더를 만들고(docker/setup-buildx-action에 "driver-opts: image=…" 설정) 그 이름을 "builder"에 적으세요.',
  }),
  'build.no-boot': ({ detail }) => ({
    what: because('이번 실행에 쓸 빌더를 시작하지 못했습니다', detail),
    next: '이 러너에서 privileged 컨테이너를 실행할 수 있는지 확인하세요. 할 수 없다면 러너가 실행할 수 있는 빌더를 만들고 그 이름을 "builder"에 적으세요.',
  }),
  'build.failed': ({ detail, tail }) => ({
    what: `${because('이미지를 빌드하지 못했습니다', detail)}\ndocker 출력의 마지막 부분:\n${tail}`,
    next: '전체 출력은 위의 "빌드와 푸시" 그룹에 있습니다. Dockerfile이나 Dockerfile이 복사하는 파일을 고치고 다시 푸시하세요.',
  }),
  'build.push-denied': ({ repository, username, detail }) => ({
    what: because(
      `레지스트리가 "${repository}" 저장소로의 푸시를 거부했습니다(${username ? `사용자 "${username}"` : '이 step의 로그인 없음'})`,
      detail,
    ),
    next: username
      ? `저장소가 있는지, "${username}" 사용자가 그곳에 푸시할 수 있는지 확인하세요. ${rightToWrite(repository)}`
      : '"registry-username"과 "registry-password"를 설정하세요.',
  }),
  'build.push-missing': ({ repository, detail }) => ({
    what: because(`레지스트리에 "${repository}" 저장소가 없습니다`, detail),
    next: `이 레지스트리는 저장소를 자동으로 만들지 않으므로, 레지스트리에 "${repository}" 저장소를 만들거나 "image"를 고치세요.`,
  }),
  'build.push-limit': ({ registry, tries, detail }) => ({
    what: because(`${registry} 레지스트리가 ${tries}번 시도한 뒤에도 당분간 푸시를 더 받지 않습니다`, detail),
    next: '몇 분 기다렸다가 job을 다시 실행하세요. 이미 푸시한 것은 다시 푸시하지 않습니다.',
  }),
  'build.pull-limit': ({ detail }) => ({
    what: because('레지스트리가 당분간 이미지를 더 내주지 않아서 베이스 이미지를 내려받지 못했습니다', detail),
    next: 'Docker Hub는 로그인 없이는 내려받기를 조금만 허용하고, 러너들은 주소를 함께 씁니다. "registry-username"과 "registry-password"를 설정하세요(이미지가 다른 레지스트리로 간다면 "registry-auth"). 아니면 기다렸다가 job을 다시 실행하세요.',
  }),
  'build.base-denied': ({ detail }) => ({
    what: because('베이스 이미지를 내려받지 못했습니다. 이미지가 없거나 로그인이 필요합니다', detail),
    next: 'Dockerfile의 FROM 줄에 있는 이름을 고치세요. 다른 레지스트리의 비공개 이미지라면 그 로그인을 "registry-auth"에 쓰세요.',
  }),
  'build.push-failed': ({ repository, detail }) => ({
    what: because(`레지스트리가 "${repository}" 저장소로의 푸시를 받지 않았습니다`, detail),
    next: '레지스트리가 알려 주는 문제를 고치세요. 같은 태그를 두 번 푸시할 수 없는 곳이라면 빌드마다 ${{ github.sha }} 같은 고유한 태그를 쓰고 "skip-existing: true"를 설정하세요.',
  }),
  'build.silent': ({ tries, detail }) => ({
    what: because(
      `레지스트리가 몇 분 동안 아무 응답이 없습니다${tries > 1 ? `(${tries}번)` : ''}. docker의 마지막 줄은 다음과 같습니다`,
      detail,
    ),
    next: '레지스트리의 상태 페이지와 러너의 네트워크를 확인하고 job을 다시 실행하세요. 직접 운영하는 러너라면 그 전에 docker를 다시 시작하세요. 엔진이 사라진 요청을 끝없이 기다릴 수 있습니다.',
  }),
  'build.no-registry': ({ detail }) => ({
    what: because('이 러너에서 볼 때 그런 이름의 레지스트리가 없습니다', detail),
    next: '"image" 또는 Dockerfile의 FROM 줄을 고치세요. 이름이 맞다면 러너의 네트워크를 확인하세요.',
  }),
  'build.registry': ({ registry, tries, detail }) => ({
    what: because(
      `레지스트리(${registry} 또는 베이스 이미지의 레지스트리)가 제대로 동작하지 않습니다${tries > 1 ? `(${tries}번 시도함)` : ''}`,
      detail,
    ),
    next: '레지스트리의 상태 페이지(Docker Hub: www.dockerstatus.com)를 확인하고, 정상으로 돌아오면 job을 다시 실행하세요. 같은 러너에서는 이미 빌드하고 푸시한 것을 다시 하지 않습니다.',
  }),
  'build.emulation': ({ platforms, detail }) => ({
    what: because(
      `Dockerfile의 한 단계가 이 러너와 다른 프로세서용 프로그램을 실행합니다${platforms ? `("platforms" 값: ${platforms})` : ''}`,
      detail,
    ),
    next: '이 step 앞에 docker/setup-qemu-action을 추가하거나, 클러스터 노드의 프로세서용으로만 빌드하세요.',
  }),
  'build.no-digest': () => ({
    what: '푸시는 오류 없이 끝났지만, 어떤 다이제스트를 푸시했는지 docker가 알려 주지 않았습니다. 알 수 없는 것은 배포하지 않습니다.',
    next: '러너의 Docker와 buildx를 업데이트하거나, 이 step 앞에 docker/setup-buildx-action을 추가하세요.',
  }),
  'build.unreadable': ({ digest, detail }) => ({
    what: because(`푸시한 이미지(${digest})를 레지스트리에서 다시 읽지 못했습니다`, detail),
    next: 'job을 다시 실행하세요. 계속 같다면 이 로그인이 푸시뿐 아니라 내려받기(pull)도 할 수 있는지 확인하세요.',
  }),
  'build.unproved': ({ digest, tag }) => ({
    what: `레지스트리에 있는 ${digest} 이미지는 방금 빌드한 이미지가 아닙니다. 다른 실행이 동시에 "${tag}" 태그를 푸시했을 가능성이 큽니다.`,
    next: 'job을 다시 실행하고, 빌드마다 ${{ github.sha }} 같은 고유한 태그를 쓰세요.',
  }),
  'registry.login': ({ registry, username }) => ({
    what: `${registry} 레지스트리가 "${username}" 사용자의 로그인을 거부했습니다. 사용자 이름이나 비밀번호가 틀렸습니다.`,
    next:
      registry === 'docker.io'
        ? '"registry-username"을 확인하세요. 그다음 새 액세스 토큰을 만들어(Docker Hub → Account settings → Personal access tokens, "Read & Write") "registry-password"가 읽는 시크릿에 넣으세요.'
        : '"registry-username"을 확인하고, 유효한 비밀번호나 토큰을 "registry-password"가 읽는 시크릿에 넣으세요.',
  }),
  'registry.read-only': ({ registry, repository, username }) => ({
    what: `${username ? '"registry-password"의' : 'docker가 로그인할 때 쓴'} 액세스 토큰은 "${repository}" 저장소에서 읽기만 할 수 있고 쓸 수는 없습니다.`,
    next: `쓰기 권한이 있는 토큰을 만들어${
      registry === 'docker.io' ? '(Docker Hub → Account settings → Personal access tokens, "Read & Write")' : ''
    } ${username ? '"registry-password"가' : '로그인이'} 읽는 시크릿에 넣으세요. 지금 토큰으로 다른 곳에는 쓸 수 있다면, "image"가 ${username ? `"${username}" 사용자가` : '이 토큰으로'} 푸시할 수 있는 저장소인지 확인하세요.`,
  }),
  'registry.denied': ({ repository, username }) => ({
    what: `레지스트리가 "${username}" 사용자에게 "${repository}" 저장소로의 푸시를 허용하지 않습니다.`,
    next: `저장소가 있는지, "${username}" 사용자가 그곳에 푸시할 수 있는지 확인하세요. ${rightToWrite(repository)}`,
  }),
};

const NEEDS: Record<english.BuilderNeed, string> = {
  platforms: '여러 플랫폼용 이미지("platforms")',
  attestations: '증명 정보("provenance", "sbom")',
  cache: '"cache-from"과 "cache-to"의 캐시',
};

function rightToWrite(repository: string): string {
  return repository.startsWith('ghcr.io/')
    ? 'GITHUB_TOKEN으로 로그인하는 job에는 "permissions: packages: write"가 필요합니다.'
    : '"registry-password"의 액세스 토큰에는 쓰기 권한이 있어야 합니다(Docker Hub에서는 "Read & Write").';
}
