/** Samples of one state: a hundred million take seconds; more says nothing new about any probability. */
export const SHOTS_MAX = 100_000_000;
/** Circuits that are random before their end run once a shot: a million of the smallest ones take a minute. */
export const TRAJECTORIES_MAX = 1_000_000;
/** Amplitude updates of all trajectories together: two hours at ten thousand million a second. Nobody waits longer unknowingly. */
export const TRAJECTORY_WORK_MAX = 7e13;
/** Different outcomes in the counts: two million keys are about 200 MB of objects on their way to the page. */
export const OUTCOMES_MAX = 2_097_152;
/** Amplitudes returned at once: a million pairs are 45 MB of JSON. */
export const AMPLITUDES_MAX = 1_048_576;
/** Above this no amplitudes are returned unless they were asked for: 4096 lines are as many as anybody reads. */
export const AMPLITUDES_DEFAULT_QUBITS = 12;
/** Observables of one request. */
export const OBSERVABLES_MAX = 10_000;
/** Threads beyond any machine that runs a browser. */
export const THREADS_MAX = 256;
/** Taken for a noisy circuit that is too large for a density matrix when nobody says how many: 3 % of standard error at worst. */
export const TRAJECTORIES_DEFAULT = 1_000;
/** 4^10 entries are 16 MiB and one gate takes milliseconds; up to here the density matrix beats trajectories. */
export const DENSITY_QUBITS_DEFAULT = 10;
/** 4^13 entries are 1 GiB; taken up to here where no shots were asked for, because it is exact. */
export const DENSITY_QUBITS_MAX = 13;
