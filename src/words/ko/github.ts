import { short } from '../en/because';
import type * as english from '../en/github';

const NEXT: Record<english.ApiFault, string> = {
  right: 'job에 권한을 주세요: "permissions:" 아래에 "deployments: write"(그리고 "contents: read")를 쓰세요.',
  token: '"github-token" 값을 확인하세요. 쓰지 않으면 언제나 유효한 job 자체의 토큰을 사용합니다.',
  unseen: '"github-token"이 이 저장소의 토큰인지, 배포(deployment)를 쓸 수 있는 토큰인지 확인하세요.',
  commit: '이미지의 커밋이 이 저장소에 있는 커밋인지 확인하세요.',
  limit: '최근에 이 토큰으로 GitHub에 너무 많이 요청했습니다. 잠시 뒤에 실행하면 다시 표시되니 기다리세요.',
  trouble: '다음 실행도 표시되지 않으면 https://www.githubstatus.com 페이지를 보세요.',
  silent:
    '다음 실행도 표시되지 않으면 https://www.githubstatus.com 페이지를 보고, 러너가 GitHub의 API에 연결할 수 있는지 확인하세요.',
};

/** Trouble with showing a run on GitHub. */
export const githubProblems: typeof english.githubProblems = {
  'github.deployment': ({ apiFault, detail }) => ({
    what: `배포에는 영향이 없지만, GitHub의 배포(deployment) 목록에는 표시할 수 없습니다${detail ? `(${detail})` : ''}.`,
    next: NEXT[apiFault],
  }),
};

export const githubLines: typeof english.githubLines = {
  'deployment.no-ref': ({ image }) =>
    `GitHub의 배포(deployment) 목록에 표시하지 않습니다: ${short(image)} 이미지가 어느 커밋의 것인지 라벨에도 태그에도 없습니다`,
  'deployment.lost': () => '실행이 아무 말 없이 끝났습니다. 클러스터에서 무엇이 실행되고 있는지 알 수 없습니다',
};
