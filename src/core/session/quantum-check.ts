import type { EnginePreference } from '../contracts/quantum-service.ts';
import type { SessionPorts } from './ports.ts';
import { ROUNDS_KEPT } from './session-view.ts';
import { ring, type ViewStore } from './view-store.ts';

/** 2^10 amplitudes: some milliseconds on every engine, and still hundreds of gates of checked arithmetic. */
const QUBITS = 10;
const LAYERS = 8;
/** The circuit of a join has no round and no public seed of the relay. */
const JOIN_SEED = 1;

/** The verification circuit: at join and in each round. A failure is shown, never a reason not to train. */
export class QuantumCheck {
  readonly #ports: SessionPorts;
  readonly #store: ViewStore;
  #opened: Promise<void> | null = null;

  constructor(ports: SessionPorts, store: ViewStore) {
    this.#ports = ports;
    this.#store = store;
  }

  open(preference: EnginePreference): Promise<void> {
    this.#opened = this.#open(preference);
    return this.#opened;
  }

  async #open(preference: EnginePreference): Promise<void> {
    const report = await this.#ports.quantum.open(preference);
    this.#store.update({ quantum: { ...this.#store.view.quantum, report } });
  }

  /** At join; skipped when a round has verified already. */
  async verifyOnce(): Promise<void> {
    if (this.#store.view.quantum.last === null) await this.verify(0, JOIN_SEED);
  }

  async verify(round: number, seed: number): Promise<void> {
    await this.#opened;
    const { report } = this.#store.view.quantum;
    if (report === null || report.qubitsMax < 1) return;
    const qubits = Math.min(QUBITS, report.qubitsMax);
    const outcome = await this.#ports.quantum.verify({ seed, qubits, layers: LAYERS });
    if (!outcome.ok) {
      this.#store.fail(outcome.error);
      return;
    }
    const { quantum } = this.#store.view;
    const fidelities = ring(quantum.fidelities, ROUNDS_KEPT, { round, fidelity: outcome.value.fidelity });
    this.#store.update({ quantum: { ...quantum, last: outcome.value, fidelities } });
  }
}
