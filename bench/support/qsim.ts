import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toQsim, type BenchCircuit } from './circuits.ts';

/** Fusion sizes that are tried: the best depends on the processor, and the default is not it. */
const FUSION = [2, 3, 4] as const;
/** Longer than any circuit here takes on one slow core. */
const TIMEOUT_MS = 120_000;

/**
 * The native peer: quantumlib/qsim, apps/qsim_base built with -O3 -march=native -fopenmp. Its path is in PLAQUETTE_QSIM;
 * without it the ratios to it are left out.
 */
export function openQsim(): Qsim | null {
  const program = process.env['PLAQUETTE_QSIM'] ?? '';
  return program !== '' && existsSync(program) ? new Qsim(program) : null;
}

export class Qsim {
  readonly #program: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'plaquette-qsim-'));
  readonly #files = new Map<string, string>();

  constructor(program: string) {
    this.#program = program;
  }

  /** Seconds of simulation as qsim itself tells them; reading and fusing (a third of a millisecond) are left out. */
  seconds(circuit: BenchCircuit, threads: number, fusion: number): number {
    const args = ['-c', this.#file(circuit), '-d', '1000000', '-t', String(threads), '-f', String(fusion), '-v', '1'];
    const out = execFileSync(this.#program, args, { encoding: 'utf8', timeout: TIMEOUT_MS });
    const seconds = /^simu time is ([\d.e+-]+) seconds/m.exec(out)?.[1];
    if (seconds === undefined) throw new Error(`qsim printed no time: ${out.slice(0, 200)}`);
    return Number(seconds);
  }

  bestFusion(circuit: BenchCircuit, threads: number): number {
    const timed = FUSION.map((fusion) => ({ fusion, seconds: this.seconds(circuit, threads, fusion) }));
    return timed.reduce((best, next) => (next.seconds < best.seconds ? next : best)).fusion;
  }

  #file(circuit: BenchCircuit): string {
    let file = this.#files.get(circuit.name);
    if (file === undefined) {
      file = join(this.#folder, `${this.#files.size}.txt`);
      writeFileSync(file, toQsim(circuit));
      this.#files.set(circuit.name, file);
    }
    return file;
  }
}
