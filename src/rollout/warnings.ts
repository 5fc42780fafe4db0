import type { Event } from '../kubectl/objects';
import { withoutLogin } from './wording';

const PROBE_KILL = /^Container (\S+) failed (liveness|startup) probe, will be restarted/;

/** What the cluster said about an object, as often as it said it. */
export interface Warning {
  /** `Pod app-1`, `ReplicaSet app`. */
  readonly about: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
}

/** The warnings about these objects (by UID), each once, the one that was said last first. */
export function warningsAbout(events: readonly Event[], uids: ReadonlySet<string>): Warning[] {
  const warnings = new Map<string, Warning & { at: string }>();
  // The same event may come again as a newer object of the same name, with a higher count: the UID tells them apart.
  const unique = new Map(events.map((event) => [event.metadata.uid ?? '', event]));
  for (const event of unique.values()) {
    const { type, involvedObject, reason = '', message = '', count, series } = event;
    // That a probe made the kubelet end a container is a normal event to Kubernetes.
    const isBad = type === 'Warning' || PROBE_KILL.test(message);
    if (!isBad || !uids.has(involvedObject.uid ?? '')) continue;
    const about = `${involvedObject.kind ?? ''} ${involvedObject.name ?? ''}`;
    // The runtime gives each try a new name.
    const text = withoutLogin(message.trim()).replace(/\b[0-9a-f]{64}\b/g, '…');
    const key = `${about} ${reason} ${text}`;
    const known = warnings.get(key);
    const seen = (known?.count ?? 0) + (series?.count ?? count ?? 1);
    const at = [saidAt(event), known?.at ?? ''].sort()[1] ?? '';
    warnings.set(key, { about, reason, message: text, count: seen, at });
  }
  return [...warnings.values()]
    .sort((one, other) => other.at.localeCompare(one.at) || other.count - one.count)
    .map(({ at: _, ...warning }) => warning);
}

/** The scheduler's events have no lastTimestamp. Whole seconds and fractions of them sort as text well enough. */
function saidAt({ series, lastTimestamp, eventTime, metadata }: Event): string {
  return series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '';
}

/** Which probe made the kubelet end this container; undefined where none did. */
export function probeKill(
  warnings: readonly Warning[],
  { pod, container }: { pod: string; container: string },
): 'liveness' | 'startup' | undefined {
  for (const { about, message } of warnings) {
    const [, killed, probe] = PROBE_KILL.exec(message) ?? [];
    if (about === `Pod ${pod}` && killed === container) return probe === 'startup' ? 'startup' : 'liveness';
  }
  return undefined;
}

/** What a probe was answered last; empty where nothing is known. */
export function probeAnswer(
  warnings: readonly Warning[],
  probe: 'Liveness' | 'Readiness' | 'Startup',
  pod: string,
): string {
  const said = warnings.find(
    ({ about, reason, message }) =>
      about === `Pod ${pod}` && reason === 'Unhealthy' && message.startsWith(`${probe} probe`),
  );
  return said?.message.replace(/^\w+ probe (?:failed|errored)(?: and resulted in \w+ state)?:\s*/, '').trim() ?? '';
}
