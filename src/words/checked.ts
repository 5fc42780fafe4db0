import type { Problem } from './words';

/** What a parser gives: the value, or why there is none. */
export type Checked<T> =
  | { readonly value: T; readonly problem?: undefined }
  | { readonly value?: undefined; readonly problem: Problem };
