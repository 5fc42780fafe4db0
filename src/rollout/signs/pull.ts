import { identity } from '../../kubectl/objects';
import { memoryKey } from '../memory';
import { troublesOf } from '../trouble';
import type { PullFault } from '../verdict';
import { pullFault, pullText } from '../wording';
import type { Look, Suspicion } from './sign';

/** Reasons of a container that waits for its image (k8s.io/kubernetes/pkg/kubelet/images/types.go). */
const REASONS = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'RegistryUnavailable',
  'ImageInspectError',
  'SignatureValidationFailed',
]);

/** What does not pass by itself: the next try has to say the same. The kubelet makes it 10 s after the first. */
const CERTAIN_MS = 10_000;
/** The next try as seen by a look that came too late for it; the kubelet looks at a pod every minute at the latest. */
const CERTAIN_UNSEEN_MS = 60_000;

/** Milliseconds that a fault may last, and whether two tries prove it. */
const GRACE: Readonly<Record<PullFault, { readonly ms: number; readonly isCertainTwice?: true }>> = {
  // The kubelet refuses these without asking anybody.
  'bad-name': { ms: 0 },
  never: { ms: 0 },
  // The digest was proved from the runner, so the image exists: it is the node's login, or its way to the registry.
  'not-found': { ms: CERTAIN_UNSEEN_MS, isCertainTwice: true },
  denied: { ms: CERTAIN_UNSEEN_MS, isCertainTwice: true },
  platform: { ms: CERTAIN_UNSEEN_MS, isCertainTwice: true },
  // Docker Hub counts over hours, but a burst limit is gone after a minute.
  'rate-limit': { ms: 90_000 },
  // A registry's restart, a name server's hiccup.
  network: { ms: 180_000 },
  other: { ms: 120_000 },
};

/** Images that cannot be pulled. */
export function pulling({ target, snapshot, pods, memory }: Look): Suspicion[] {
  return pods.flatMap((pod) =>
    troublesOf(pod, target)
      .filter(({ reason }) => REASONS.has(reason))
      .map((trouble): Suspicion => {
        const known = memory[memoryKey(pod, trouble.container)];
        const text = known?.pullText || trouble.message;
        const fault = pullFault(trouble.reason, text);
        const { ms, isCertainTwice } = GRACE[fault];
        // A pull secret that is not there is as certain as any Secret that is not.
        const isSecretMissing = fault === 'denied' && /pull secrets/.test(snapshot.said?.[identity(pod).uid] ?? '');
        const isCertain = isSecretMissing || (isCertainTwice && (known?.failedPulls ?? 0) >= 2);
        const graceMs = isCertain ? CERTAIN_MS : ms;
        const cause = { code: 'pull', fault, trouble: { ...trouble, message: pullText(text) } } as const;
        return { key: `pull/${fault}/${trouble.pod}/${trouble.container}`, graceMs, cause };
      }),
  );
}
