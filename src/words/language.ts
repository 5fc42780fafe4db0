export const LANGUAGES = ['en', 'ko'] as const;

export type Language = (typeof LANGUAGES)[number];

/** The one thing that this program remembers beside a run: in which language it speaks, from its first word to its last. */
let chosen: Language = 'en';

/** Called by `main` before anything is said. */
export function setLanguage(language: Language): void {
  chosen = language;
}

export function language(): Language {
  return chosen;
}
