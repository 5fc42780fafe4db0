const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The number of a Kubernetes quantity such as `500m`, `1.5Gi` or `2` (k8s.io/apimachinery/pkg/api/resource); 0 where it is none. */
export function parseQuantity(text: string | undefined): number {
  const [, number, suffix = ''] = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(text ?? '') ?? [];
  return Number(number ?? 0) * (FACTORS[suffix] ?? 0);
}

/** Bytes as people write them in manifests: `512Mi`, `1.2Gi`. */
export function printBytes(bytes: number): string {
  const [suffix, factor] = bytes >= 2 ** 30 ? (['Gi', 2 ** 30] as const) : (['Mi', 2 ** 20] as const);
  return `${Number((bytes / factor).toFixed(1))}${suffix}`;
}

/** CPUs as people write them in manifests: `250m`, `1.5`. */
export function printCpu(cpus: number): string {
  return cpus < 1 ? `${Math.round(cpus * 1000)}m` : String(Number(cpus.toFixed(2)));
}
