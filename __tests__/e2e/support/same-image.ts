import type { Image, ImageConfig } from './images';

/** The labels that an image gets from this step alone. */
const OWN_LABELS = [
  'io.github.medibird.deploy-action.build-args',
  ...['created', 'revision', 'source', 'title', 'version'].map((name) => `org.opencontainers.image.${name}`),
];

/** Expects of two images that nothing tells them apart but this step's own labels and, where it may not, the time. */
export function expectSame(ours: Image, plain: Image, { isUncached = false }): void {
  const isNew = (name: string) => !(name in labelsOf(plain));
  const added = Object.keys(labelsOf(ours)).filter(isNew).toSorted();
  expect(added).toEqual(OWN_LABELS.filter(isNew));
  const comparable = ({ mediaType, layers, config }: Image) => ({
    mediaType,
    layers,
    config: withoutLabels(isUncached ? withoutTimes(config) : config, added),
  });
  expect(comparable(ours)).toEqual(comparable(plain));
}

export function labelsOf({ config }: Image): Record<string, string> {
  return config.config.Labels ?? {};
}

function withoutLabels({ config, ...rest }: ImageConfig, names: readonly string[]): ImageConfig {
  const left = Object.entries(config.Labels ?? {}).filter(([name]) => !names.includes(name));
  return { ...rest, config: { ...config, Labels: Object.fromEntries(left) } };
}

function withoutTimes({ created: _, history = [], ...rest }: ImageConfig): ImageConfig {
  return { ...rest, history: history.map(({ created: _, ...entry }) => entry) };
}
