import { concat, sha256, toHex, type Bytes } from '../../lib/bytes.ts';
import { fail, ok, type Result } from '../../lib/result.ts';
import type { Precision, QuantumEngine, QuantumState } from './engine.ts';

/**
 * A state as bytes, version 1: "PLQS", version, qubits, bytes per number (4 or 8), zero; then the interleaved amplitudes
 * as little-endian IEEE 754 numbers; then SHA-256 over all before it.
 */
const MAGIC = [0x50, 0x4c, 0x51, 0x53] as const;
const VERSION = 1;
const HEADER_BYTES = 8;
const HASH_BYTES = 32;
/** 1 GiB in float64: the most that is read out at once. */
const QUBITS_MAX = 26;

/** Bit by bit what the engine holds when `precision` is the engine's own. Failures of reading pass through. */
export async function saveCheckpoint(state: QuantumState, precision: Precision): Promise<Result<Bytes>> {
  const amplitudes = await state.amplitudes();
  if (!amplitudes.ok) return amplitudes;
  const numberBytes = precision === 'f32' ? 4 : 8;
  const body = new Uint8Array(numberBytes * amplitudes.value.length);
  const view = new DataView(body.buffer);
  for (const [i, value] of amplitudes.value.entries())
    if (numberBytes === 4) view.setFloat32(4 * i, value, true);
    else view.setFloat64(8 * i, value, true);
  const content = concat(Uint8Array.of(...MAGIC, VERSION, state.qubits, numberBytes, 0), body);
  return ok(concat(content, sha256(content)));
}

/** Failure QUANTUM_CHECKPOINT on damage; failures of loading pass through. A float32 engine rounds float64 amplitudes. */
export async function restoreCheckpoint(engine: QuantumEngine, bytes: Uint8Array): Promise<Result<QuantumState>> {
  const damage = damageOf(bytes);
  if (damage !== null) return fail('QUANTUM_CHECKPOINT', damage);
  const [qubits = 0, numberBytes = 0] = bytes.subarray(5, 7);
  const view = new DataView(bytes.buffer, bytes.byteOffset + HEADER_BYTES);
  const amplitudes = new Float64Array(2 * 2 ** qubits);
  for (let i = 0; i < amplitudes.length; i++)
    amplitudes[i] = numberBytes === 4 ? view.getFloat32(4 * i, true) : view.getFloat64(8 * i, true);
  return engine.load(qubits, amplitudes);
}

/** SHA-256 of the checkpoint's content, hexadecimal: equal for equal amplitudes, bit by bit. */
export async function stateHash(state: QuantumState, precision: Precision): Promise<Result<string>> {
  const saved = await saveCheckpoint(state, precision);
  return saved.ok ? ok(toHex(saved.value.subarray(-HASH_BYTES))) : saved;
}

function damageOf(bytes: Uint8Array): string | null {
  if (bytes.length < HEADER_BYTES + HASH_BYTES || MAGIC.some((byte, i) => bytes[i] !== byte))
    return 'these bytes are no checkpoint of a quantum state';
  const [, , , , version = 0, qubits = 0, numberBytes = 0] = bytes;
  if (version !== VERSION) return `checkpoint version ${version}, this program reads ${VERSION}`;
  if (qubits > QUBITS_MAX || (numberBytes !== 4 && numberBytes !== 8))
    return `a checkpoint of ${qubits} qubits with ${numberBytes} bytes a number; expected 0 to ${QUBITS_MAX}, 4 or 8`;
  const expected = HEADER_BYTES + 2 * numberBytes * 2 ** qubits + HASH_BYTES;
  if (bytes.length !== expected) return `a checkpoint of ${bytes.length} bytes, expected ${expected}: it was cut off`;
  const hash = sha256(bytes.subarray(0, -HASH_BYTES));
  const stored = bytes.subarray(-HASH_BYTES);
  return hash.every((byte, i) => byte === stored[i])
    ? null
    : 'the hash does not fit the content: the checkpoint is damaged';
}
