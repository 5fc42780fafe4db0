import { Failure, type Problem, problem } from '../words/words';
import { KubectlError } from './client';

/** What a kubectl failure means to the user, where the caller knows nothing better. */
export function explainKubectl(error: KubectlError): Problem {
  const detail = error.message;
  switch (error.reason) {
    case 'NoKubectl':
      return problem('kubectl.missing', { words: error.command, detail });
    case 'NoKubeconfig':
      return problem('kubectl.no-config', { detail });
    case 'Unauthorized':
      return problem('kubectl.unauthorized', { detail });
    case 'CertificateExpired':
      return problem('kubectl.certificate', { detail });
    case 'Forbidden':
      return problem('kubectl.forbidden', { detail });
    case 'Unreachable':
    case 'TimedOut':
    case 'Lost':
      return problem('kubectl.unreachable', { detail });
    case 'Cancelled':
      return problem('run.cancelled', {});
    case 'NotFound':
    case 'Conflict':
    case 'FieldConflict':
    case 'NoKind':
    case 'Invalid':
    case 'Expired':
    case 'Other':
      return problem('kubectl.other', { detail });
    default:
      return error.reason satisfies never;
  }
}

/** The problems of anything that was thrown. */
export function problemsOf(error: unknown): readonly Problem[] {
  if (error instanceof Failure) return error.problems;
  if (error instanceof KubectlError) return [explainKubectl(error)];
  return [
    problem('run.unexpected', { detail: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  ];
}
