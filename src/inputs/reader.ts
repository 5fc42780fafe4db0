import type { Checked } from '../words/checked';
import type { ShapedInput } from '../words/en/inputs';
import { type Problem, problem } from '../words/words';
import { parseDuration } from './duration';
import { parseList } from './list';
import type { InputName, RawInputs } from './names';

/** Hands out inputs and gathers what is wrong with them. */
export class Reader {
  readonly problems: Problem[] = [];

  constructor(private readonly raw: RawInputs) {}

  /** The input without surrounding white space, or undefined where it is empty. */
  optional(name: InputName): string | undefined {
    return this.raw[name].trim() || undefined;
  }

  required(name: InputName): string | undefined {
    const value = this.optional(name);
    if (value === undefined) this.problems.push(problem('input.missing', { name }));
    return value;
  }

  /** One line that holds no control character: what can neither forge a log line nor hide in one. */
  line(name: InputName): string | undefined {
    const value = this.optional(name);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (value === undefined || !/[\u0000-\u001f\u007f]/.test(value)) return value;
    this.problems.push(problem('input.control', { name }));
    return undefined;
  }

  check<T>(checked: Checked<T>): T | undefined {
    if (checked.problem) this.problems.push(checked.problem);
    return checked.value;
  }

  matching(name: ShapedInput, value: string | undefined, shape: RegExp): string | undefined {
    if (value === undefined || shape.test(value)) return value;
    this.problems.push(problem('input.shape', { input: name, given: value }));
    return undefined;
  }

  /** YAML 1.2's booleans, as actions/core reads them. */
  flag(name: ShapedInput, whenEmpty = false): boolean {
    const value = this.optional(name);
    if (value === undefined) return whenEmpty;
    if (/^(?:false|False|FALSE)$/.test(value)) return false;
    if (/^(?:true|True|TRUE)$/.test(value)) return true;
    this.problems.push(problem('input.shape', { input: name, given: value }));
    return false;
  }

  duration(name: InputName): number | undefined {
    const value = this.optional(name);
    if (value === undefined) return undefined;
    const ms = parseDuration(value);
    if (ms === undefined) this.problems.push(problem('input.duration', { name, given: value }));
    return ms;
  }

  list(name: InputName, options: { commas: boolean }): string[] {
    try {
      const list = parseList(this.raw[name], options);
      // No program's argument can carry it.
      if (!list.some((entry) => entry.includes('\0'))) return list;
      this.problems.push(problem('input.nul', { name }));
      return [];
    } catch (error) {
      this.problems.push(
        problem('input.list', { name, detail: error instanceof Error ? error.message : String(error) }),
      );
      return [];
    }
  }
}
