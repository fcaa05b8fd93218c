/** What an address of the lab holds: everything that is needed to see the same page again. */
export interface LabDocument {
  /** OpenQASM 2 or 3, exactly as it was typed. */
  readonly qasm: string;
  /** Values of symbolic parameters by name, radians. */
  readonly values: Readonly<Record<string, number>>;
  /** Pauli sums, highest qubit first. */
  readonly observables: readonly string[];
  readonly shots: number;
  readonly seed: number;
  /** With the example device's noise. */
  readonly noise: boolean;
}

/** A million characters are 20,000 lines, far more than anybody edits by hand. The command line takes larger files. */
export const TEXT_CHARS_MAX = 1_000_000;
/** Half of what the interface shows at once; each one costs a pass over the state. */
export const OBSERVABLES_MAX = 8;
/** Drawn from the tab's own memory in well under a second. The command line takes more. */
export const SHOTS_MAX = 1_000_000;
/** The seed is a 32-bit number. */
export const SEED_MAX = 2 ** 32 - 1;

export const EMPTY_DOCUMENT: LabDocument = {
  qasm: '',
  values: {},
  observables: [],
  shots: 1_000,
  seed: 1,
  noise: false,
};

export function sameDocument(a: LabDocument, b: LabDocument): boolean {
  return (
    a.qasm === b.qasm &&
    a.shots === b.shots &&
    a.seed === b.seed &&
    a.noise === b.noise &&
    a.observables.join('\n') === b.observables.join('\n') &&
    sameValues(a.values, b.values)
  );
}

function sameValues(a: LabDocument['values'], b: LabDocument['values']): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.is(a[name], b[name]));
}
