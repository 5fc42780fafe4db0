/** Milliseconds that a new pod must stay ready before it counts, where the user does not say. */
const SOAK_MS = 10_000;
/** Without a readiness probe a pod is "ready" as soon as it starts, so only time shows that it stays up. */
const SOAK_WITHOUT_PROBE_MS = 30_000;
/** Kubernetes' default for a Deployment (apps/v1). */
const PROGRESS_DEADLINE_SECONDS = 600;

export interface SoakFacts {
  /** What the user asked for, in milliseconds. */
  readonly asked?: number;
  readonly hasReadinessProbe: boolean;
  readonly progressDeadlineSeconds?: number;
  /** The workload's present minReadySeconds. */
  readonly present?: number;
  /** Our annotation on it. */
  readonly remembered?: string;
}

export interface Soak {
  /** The minReadySeconds to set. */
  readonly set: number;
  /** What the workload's owner had, to be put back. */
  readonly before: number;
}

/**
 * Chooses the workload's minReadySeconds, the guard that keeps old pods until new ones have stayed ready, even if the
 * runner dies. A larger value of the owner's is kept. It must stay below the progress deadline (the API's own rule);
 * undefined where what the user asked for does not.
 */
export function chooseSoak(facts: SoakFacts): Soak | undefined {
  const before = ownersSoak(facts.remembered, facts.present ?? 0);
  const limit = (facts.progressDeadlineSeconds ?? PROGRESS_DEADLINE_SECONDS) - 1;
  const asked = Math.ceil((facts.asked ?? (facts.hasReadinessProbe ? SOAK_MS : SOAK_WITHOUT_PROBE_MS)) / 1_000);
  if (asked > limit && facts.asked !== undefined) return undefined;
  return { set: Math.max(before, Math.min(asked, limit)), before };
}

/** The minReadySeconds of the workload's owner, by our annotation and the present value. */
export function ownersSoak(remembered: string | undefined, present: number): number {
  const ours = parseRemembered(remembered);
  // If it is no longer what we set, the owner has changed it since.
  return ours !== undefined && ours.set === present ? ours.before : present;
}

export function printRemembered(soak: Soak): string {
  return JSON.stringify({ before: soak.before, set: soak.set });
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function parseRemembered(text: string | undefined): Soak | undefined {
  try {
    const { before, set } = JSON.parse(text ?? '') as Partial<Soak>;
    // A person may have edited it; what we write is never larger before than after.
    return isCount(before) && isCount(set) && before <= set ? { before, set } : undefined;
  } catch {
    return undefined;
  }
}
