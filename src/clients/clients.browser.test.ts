import { afterEach, describe, expect, it } from 'vitest';
import type { TrainingEvent } from '../core/contracts/training-service.ts';
import { adapterSize } from '../core/learn/adapter.ts';
import { parseModelConfig } from '../core/learn/model-config.ts';
import { defaultRunConfig } from '../core/federation/run-defaults.ts';
import { sha256Hex } from '../core/lib/bytes.ts';
import { unwrap } from '../core/lib/result.ts';
import { openQuantumClient } from './quantum-client.ts';
import { openTrainingClient } from './training-client.ts';
import { openVaultClient } from './vault-client.ts';

const closing: { close(): void }[] = [];
afterEach(() => {
  for (const host of closing.splice(0)) host.close();
});

async function file(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(`/models/plaquette-1m/${name}`);
  return new Uint8Array(await response.arrayBuffer());
}

describe('workers behind their clients', () => {
  it('trains the real model on the sample in the training worker, on WASM', async () => {
    const { service, host } = openTrainingClient();
    closing.push(host);
    const [config, tokenizer, weights] = [
      await file('config.json'),
      await file('tokenizer.json'),
      await file('model.safetensors'),
    ];
    const shape = unwrap(parseModelConfig(config));
    const expected = { config: sha256Hex(config), tokenizer: sha256Hex(tokenizer), weights: sha256Hex(weights) };
    const report = unwrap(await service.loadModel({ config, tokenizer, weights, expected }));
    expect(report).toMatchObject({ engine: 'wasm', vocabSize: shape.vocabSize });
    expect(weights.length).toBe(0);
    unwrap(await service.setShard({ kind: 'sample', style: 'pirate', seed: 1 }));
    const events: TrainingEvent[] = [];
    service.onEvent((event) => events.push(event));
    const defaults = defaultRunConfig({ profile: 'noise-off', training: { stepsPerRound: 2 } });
    const spec = { ...defaults.adapter, seed: '00'.repeat(16) };
    const adapter = new Float32Array(adapterSize(shape, spec));
    const job = { jobId: 'a', round: 1, spec, training: defaults.training, privacy: defaults.privacy, adapter };
    const outcome = unwrap(await service.trainRound(job));
    expect(outcome.delta).toHaveLength(adapter.length);
    expect(outcome.delta.some((value) => value !== 0)).toBe(true);
    expect(events.filter(({ type }) => type === 'progress')).toHaveLength(2);
    const cancelled = service.trainRound({ ...job, jobId: 'b', training: { ...job.training, stepsPerRound: 1000 } });
    await service.cancel('b');
    expect(await cancelled).toMatchObject({ ok: false, error: { code: 'CANCELLED' } });
  });

  it('keeps identity and settings in the vault worker, durably', async () => {
    const first = openVaultClient();
    closing.push(first.host);
    const options = { relayUrl: location.origin, pin: null, identity: `test-${crypto.randomUUID()}` };
    const opened = unwrap(await first.service.open(options));
    expect(opened).toMatchObject({
      returning: false,
      storage: { durable: true, notice: null },
      cryptography: 'webcrypto',
    });
    unwrap(await first.service.putSetting('shard', { bytes: Uint8Array.of(1, 2) }));
    first.host.close();
    const second = openVaultClient();
    closing.push(second.host);
    const again = unwrap(await second.service.open(options));
    expect(again).toMatchObject({ returning: true, participantId: opened.participantId });
    expect(unwrap(await second.service.setting('shard'))).toEqual({ bytes: Uint8Array.of(1, 2) });
    await second.service.forget();
    expect(unwrap(await second.service.open(options)).participantId).not.toBe(opened.participantId);
  });

  it('verifies a circuit in the quantum worker, on the CPU and on whatever this browser has best', async () => {
    const { service, host } = openQuantumClient();
    closing.push(host);
    for (const preference of ['cpu', 'auto'] as const) {
      const report = await service.open(preference);
      expect(report.qubitsMax).toBeGreaterThanOrEqual(10);
      const outcome = unwrap(await service.verify({ seed: 5, qubits: 8, layers: 4 }));
      expect(outcome).toMatchObject({ engine: report.engine, qubits: 8 });
      expect(outcome.fidelity).toBeCloseTo(1, 4);
    }
  });
});
