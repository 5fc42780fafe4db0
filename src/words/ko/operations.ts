import { short } from '../en/because';
import type * as english from '../en/operations';
import { resourceOf } from '../workload';
import { named } from './named';

/** What a version was that no run of ours had put there. */
const FOUND = '원래 있었음';

/** A time of the history, to the minute. */
function day(at: string): string {
  return at.replace('T', ' ').slice(0, 16);
}

/** Filled up to a width, of which Hangul takes two columns a letter where a log is shown. */
function column(text: string, width: number): string {
  const wide = text.match(/[가-힣]/g)?.length ?? 0;
  return text.padEnd(width - wide);
}

/** What is said of work by hand: the versions there are, and what would be done. */
export const operationLines: typeof english.operationLines = {
  'log.restarting': ({ container, image }) => `"${container}" 컨테이너: ${short(image)} 이미지로 새 Pod를 만듭니다`,
  'log.drift': ({ running, image, at, run }) =>
    `실행 중인 이미지는 ${short(running)}인데, 여기에 마지막으로 배포한 이미지는 ${short(image)}입니다(${day(at)}${run ? `, ${run}` : ''}). 누군가 다른 방법으로 바꾸었습니다`,
  'log.history': ({ container }) =>
    `"${container}" 컨테이너의 실행 이력. 가장 최근 것이 맨 아래에 있습니다(시간은 UTC):`,
  'log.history-entry': (entry) =>
    `${day(entry.at)}  ${column(entry.revision ? `리비전 ${entry.revision}` : '', 12)}  ${column(entry.outcome === 'found' ? FOUND : entry.outcome, 22)}  ${short(entry.image)}  ${entry.run}`,
  'history.found': () => FOUND,
  'log.chosen': ({ image }) => `선택한 이미지: ${image}`,
  'log.build-args-unknown': ({ image }) =>
    `두 이미지를 같은 빌드 인자로 빌드했는지 알 수 없습니다: ${short(image)} 이미지에 그것을 알려 주는 라벨이 없습니다`,
  'plan.held': ({ deployment, url }) => `${named(deployment)}에서 작업하고 있는 다른 실행이 끝나기를 기다림(${url})`,
  'log.unpinned': ({ image }) =>
    `${image} 이미지에는 다이제스트가 없습니다. 그 뒤에 같은 태그로 다시 푸시했다면 전에 실행하던 것과 다른 이미지가 시작될 수 있습니다`,
  'plan.build': ({ context, tags }) => `${context} 폴더를 빌드하고 다음 이름으로 푸시: ${tags}`,
  'plan.digest': () => '(빌드한 뒤에 알 수 있음)',
  'plan.change': ({ name, namespace, container }) =>
    `${namespace} 네임스페이스에 있는 ${resourceOf(name)}의 "${container}" 컨테이너를 바꾸고, 서비스할 때까지 지켜보기`,
  'plan.unchanged': () => '아무것도 바꾸지 않음. 이 이미지가 이미 실행 중이므로 서비스하는지만 확인',
  'plan.restart': () => '+ restartedAt: 지금',
  'plan.back': ({ image }) =>
    image
      ? `서비스하지 않으면 되돌아갈 이미지: ${short(image)}`
      : '서비스하지 않아도 되돌아갈 곳이 없음: 제대로 서비스했다고 알려진 버전이 없음',
  'log.restart-back': ({ container }) =>
    `"${container}" 컨테이너의 재시작을 되돌립니다. 전에 있던 Pod가 계속 서비스합니다`,
};
