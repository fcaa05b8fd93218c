import { describe, expect, it } from 'vitest';
import { parameter } from '../../core/quantum/circuit/angle.ts';
import { circuitOf, gate } from '../../core/quantum/circuit/builder.ts';
import { fail, ok } from '../../core/lib/result.ts';
import { place, replaceOperation } from './edit.ts';
import { decodeHash, encodeHash } from './hash-codec.ts';
import { createLab, type LabApp } from './lab-app.ts';
import { EMPTY_DOCUMENT, TEXT_CHARS_MAX } from './lab-document.ts';
import { qasmLanguage } from './qasm-language.ts';
import { fakeReport, fakeRun } from './testing/fake-circuit-service.ts';
import { fakeLabPorts, type FakeLabPorts } from './testing/fake-lab-ports.ts';

const WELCOME = JSON.stringify(circuitOf(2, [gate('h', [0])]));
const OTHER = JSON.stringify(circuitOf(1, [gate('x', [0])]));
const TURN = JSON.stringify(circuitOf(1, [gate('rx', [0], [parameter('theta')])]));

async function opened(ports: FakeLabPorts): Promise<LabApp> {
  const lab = createLab(ports, WELCOME);
  await ports.timer.pass(10);
  return lab;
}

const start = async (): Promise<{ ports: FakeLabPorts; lab: LabApp }> => {
  const ports = fakeLabPorts();
  return { ports, lab: await opened(ports) };
};

const qasm = (lab: LabApp): string => lab.store.getState().document.qasm;
const runState = (lab: LabApp): string => lab.store.getState().run.state;

describe('the lab', () => {
  it('welcomes with a circuit and runs it', async () => {
    const { ports, lab } = await start();
    expect(qasm(lab)).toBe(WELCOME);
    expect(ports.service.runs).toHaveLength(1);
    expect(ports.service.runs[0]?.request).toMatchObject({
      qasm: WELCOME,
      amplitudes: 'all',
      bloch: true,
      shots: 1_000,
    });
    expect(runState(lab)).toBe('running');
    ports.service.runs[0]?.answer(fakeRun());
    await ports.timer.pass(0);
    expect(runState(lab)).toBe('done');
    expect(lab.store.getState().report).toEqual(fakeReport());
    // Measuring all engines takes seconds, so nobody waits for it unasked.
    expect(lab.store.getState().engines).toBeNull();
    await lab.commands.listEngines();
    expect(lab.store.getState().engines).toHaveLength(1);
  });

  it('reads the circuit of its address, and says what it could not read', async () => {
    const encoded = await encodeHash({ ...EMPTY_DOCUMENT, qasm: OTHER });
    const good = await opened(fakeLabPorts({ fragment: encoded.ok ? encoded.value : '', state: null }));
    expect(qasm(good)).toBe(OTHER);
    expect(good.store.getState().notice).toBeNull();
    const bad = await opened(fakeLabPorts({ fragment: 'z=nonsense', state: null }));
    expect(bad.store.getState()).toMatchObject({ ready: true, notice: { kind: 'hash', fields: ['z'] } });
    // The page stays usable.
    bad.commands.open(OTHER);
    expect(bad.store.getState().draft?.circuit.qubits).toBe(1);
  });

  it('makes each edit an entry of the history, and back undoes it with its columns', async () => {
    const { ports, lab } = await start();
    lab.commands.edit((draft) => place(draft, 'x', { row: 1, column: 4 }));
    await ports.timer.pass(50);
    lab.commands.edit((draft) => place(draft, 'z', { row: 0, column: 2 }));
    await ports.timer.pass(50);
    expect(ports.history.entries).toHaveLength(3);
    const { document } = await decodeHash(ports.history.current().fragment);
    expect(document.qasm).toBe(qasm(lab));
    ports.history.go(-1);
    await ports.timer.pass(50);
    expect(lab.store.getState().draft?.circuit.operations).toEqual([gate('h', [0]), gate('x', [1])]);
    expect(lab.store.getState().draft?.columns).toEqual([0, 4]);
    ports.history.go(-1);
    await ports.timer.pass(50);
    expect(qasm(lab)).toBe(WELCOME);
    expect(ports.service.runs.at(-1)?.request.qasm).toBeDefined();
  });

  it('makes a burst of typing one entry, and a later burst another', async () => {
    const { ports, lab } = await start();
    for (const text of [`${OTHER} `, `${OTHER}  `, `${OTHER}   `]) {
      lab.commands.type(text);
      await ports.timer.pass(300);
    }
    expect(ports.history.entries).toHaveLength(2);
    await ports.timer.pass(5_000);
    lab.commands.type(OTHER);
    await ports.timer.pass(300);
    expect(ports.history.entries).toHaveLength(3);
    ports.history.go(-1);
    await ports.timer.pass(10);
    expect(qasm(lab)).toBe(`${OTHER}   `);
  });

  it('keeps the last good circuit in sight while the text is broken, and runs nothing', async () => {
    const { ports, lab } = await start();
    ports.service.runs[0]?.answer(fakeRun());
    await ports.timer.pass(0);
    lab.commands.type('h q[0');
    await ports.timer.pass(300);
    expect(lab.store.getState()).toMatchObject({ textFailure: { line: 1, column: 1 }, run: { state: 'idle' } });
    expect(lab.store.getState().draft?.circuit.qubits).toBe(2);
    expect(ports.service.runs).toHaveLength(1);
    // Editing the older circuit would throw the typed text away.
    const edited = lab.commands.edit((draft) => place(draft, 'x', { row: 0, column: 0 }));
    expect(edited).toEqual({ ok: false, refusal: { kind: 'text-broken' } });
    expect(qasm(lab)).toBe('h q[0');
  });

  it('reads typed text before it edits it', async () => {
    const { lab } = await start();
    lab.commands.type(OTHER);
    lab.commands.edit((draft) => place(draft, 'y', { row: 0, column: 1 }));
    expect(lab.store.getState().draft?.circuit.operations).toEqual([gate('x', [0]), gate('y', [0])]);
  });

  it('runs parameters as they slide without reading the text again: all but the latest are skipped', async () => {
    const { ports, lab } = await start();
    ports.service.runs[0]?.answer(fakeRun());
    lab.commands.open(TURN);
    await ports.timer.pass(0);
    const draft = lab.store.getState().draft;
    for (let i = 1; i <= 20; i++) {
      lab.commands.setValue('theta', i / 10);
      await ports.timer.pass(1);
    }
    expect(lab.store.getState().draft).toBe(draft);
    expect(ports.service.runs).toHaveLength(2);
    ports.service.runs[1]?.answer(fakeRun());
    await ports.timer.pass(1);
    expect(ports.service.runs).toHaveLength(3);
    expect(ports.service.runs[2]?.request.values).toEqual({ theta: 2 });
    // One entry for the circuit, one for the whole slide.
    expect(ports.history.entries).toHaveLength(3);
  });

  it('keeps the version of the text, and leaves version 2 only where it must', async () => {
    const ports = { ...fakeLabPorts(), language: qasmLanguage };
    const lab = createLab(ports, '// Begin here.\n\nOPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\n');
    await ports.timer.pass(10);
    lab.commands.edit((draft) => place(draft, 'rx', { row: 0, column: 0 }));
    expect(qasm(lab)).toMatch(/^OPENQASM 2/u);
    lab.commands.edit((draft) => replaceOperation(draft, 0, gate('rx', [0], [parameter('theta')])));
    expect(qasm(lab)).toMatch(/^OPENQASM 3/u);
    lab.commands.edit((draft) => replaceOperation(draft, 0, gate('x', [0])));
    expect(qasm(lab)).toMatch(/^OPENQASM 3/u);
    expect(lab.store.getState().draft?.circuit.operations).toEqual([gate('x', [0])]);
  });

  it('calls off a run that is overtaken and takes long, and drops its answer', async () => {
    const { ports, lab } = await start();
    lab.commands.open(OTHER);
    await ports.timer.pass(100);
    expect(ports.service.cancelled).toEqual([]);
    await ports.timer.pass(300);
    expect(ports.service.cancelled).toEqual(['lab-1']);
    expect(ports.service.runs.map(({ request }) => request.qasm)).toEqual([WELCOME, OTHER]);
    ports.service.runs[1]?.answer(fakeRun({ device: 'second' }));
    await ports.timer.pass(0);
    expect(lab.store.getState().report?.device).toBe('second');
  });

  it('shows no answer of another circuit', async () => {
    const { ports, lab } = await start();
    lab.commands.open(OTHER);
    await ports.timer.pass(5);
    ports.service.runs[0]?.answer(fakeRun({ device: 'first' }));
    await ports.timer.pass(5);
    expect(lab.store.getState().report).toBeNull();
    expect(ports.service.runs).toHaveLength(2);
  });

  it('cancels on request, and runs the same again', async () => {
    const { ports, lab } = await start();
    lab.commands.cancel();
    await ports.timer.pass(0);
    expect(runState(lab)).toBe('cancelled');
    lab.commands.retry();
    expect(ports.service.runs).toHaveLength(2);
    ports.service.runs[1]?.answer(fakeRun());
    await ports.timer.pass(0);
    expect(runState(lab)).toBe('done');
  });

  it('shows refusals and crashes with what can be done', async () => {
    const { ports, lab } = await start();
    const crash = fail('WORKER_CRASHED', 'the quantum worker stopped (out of memory)', true);
    ports.service.runs[0]?.answer(crash);
    await ports.timer.pass(0);
    expect(lab.store.getState().run).toEqual({ state: 'failed', failure: crash.error });
    lab.commands.retry();
    ports.service.runs[1]?.answer(fakeRun());
    await ports.timer.pass(0);
    expect(runState(lab)).toBe('done');
  });

  it('steps through, and any edit shows the whole again', async () => {
    const { ports, lab } = await start();
    lab.commands.open(JSON.stringify(circuitOf(1, [gate('h', [0]), gate('x', [0])])));
    lab.commands.setStep(1);
    await ports.timer.pass(1_000);
    expect(ports.service.runs.at(-1)?.request.operations).toBe(1);
    lab.commands.setStep(2);
    expect(lab.store.getState().step).toBeNull();
    lab.commands.setStep(0);
    expect(lab.store.getState().step).toBe(0);
    lab.commands.edit((draft) => place(draft, 'z', { row: 0, column: 3 }));
    expect(lab.store.getState().step).toBeNull();
  });

  it('keeps settings in the present entry, within their limits', async () => {
    const { ports, lab } = await start();
    lab.commands.setShots(1e12);
    lab.commands.setSeed(-3);
    lab.commands.setObservables(['ZZ', 'Z', ...Array.from({ length: 40 }, () => '0.5*XX')]);
    lab.commands.setNoise(true);
    await ports.timer.pass(1_000);
    expect(ports.history.entries).toHaveLength(1);
    const { document } = await decodeHash(ports.history.current().fragment);
    expect(document).toMatchObject({ shots: 1_000_000, seed: 0, noise: true });
    expect(document.observables).toHaveLength(8);
    const request = ports.service.runs.at(-1)?.request;
    expect(request).toMatchObject({ shots: 1_000_000, noise: { qubits: 2 } });
    // The half-written one waits for its other letter.
    expect(request?.observables).toHaveLength(7);
    expect(request?.observables).not.toContain('Z');
  });

  it('offers an optimised circuit and takes it with the same parameter values', async () => {
    const { ports, lab } = await start();
    lab.commands.open(TURN);
    lab.commands.setValue('theta', 0.5);
    const counts = { total: 1, t: 0, twoQubit: 0, depth: 1 };
    ports.service.optimiseAnswer = ok({
      qasm: `${TURN}\n`,
      before: counts,
      after: counts,
      seconds: 0.1,
      equivalence: { checked: true, method: 'simulation', error: 0 },
      changed: true,
      permutation: [0],
    });
    await lab.commands.optimise('gates');
    expect(ports.service.optimised).toEqual([{ qasm: TURN, objective: 'gates' }]);
    lab.commands.useOptimised();
    expect(qasm(lab)).toBe(`${TURN}\n`);
    expect(lab.store.getState().document.values).toEqual({ theta: 0.5 });
  });

  it('saves every form, and says where a form cannot hold the circuit', async () => {
    const { ports, lab } = await start();
    lab.commands.open(TURN);
    for (const form of ['qasm', 'qasm3', 'json', 'svg'] as const) await lab.commands.save(form);
    expect(ports.saved.map(({ name }) => name)).toEqual([
      'circuit.qasm',
      'circuit.qasm',
      'circuit.json',
      'circuit.svg',
    ]);
    await lab.commands.save('qasm2');
    expect(lab.store.getState().notice).toMatchObject({ kind: 'unprintable' });
    expect(ports.saved).toHaveLength(4);
  });

  it('copies the address with the present circuit in it', async () => {
    const { ports, lab } = await start();
    lab.commands.edit((draft) => replaceOperation(draft, 0, gate('y', [1])));
    await lab.commands.copyLink();
    const fragment = new URL(ports.clipboard[0] ?? '').hash;
    expect((await decodeHash(fragment)).document.qasm).toBe(qasm(lab));
    expect(lab.store.getState().notice).toEqual({ kind: 'copied' });
  });

  it('refuses texts and files that are too long, before reading them', async () => {
    const { ports, lab } = await start();
    lab.commands.type('x'.repeat(TEXT_CHARS_MAX + 1));
    expect(lab.store.getState().notice).toEqual({ kind: 'too-long' });
    let read = 0;
    const text = async (): Promise<string> => `${++read}`;
    await lab.commands.openFile({ name: 'big.qasm', size: 1e9, text });
    expect(read).toBe(0);
    await lab.commands.openFile({ name: 'gone.qasm', size: 10, text: () => Promise.reject(new Error('gone')) });
    expect(lab.store.getState().notice).toEqual({ kind: 'file-unreadable', name: 'gone.qasm' });
    await lab.commands.openFile({ name: 'good.qasm', size: 10, text: async () => OTHER });
    expect(qasm(lab)).toBe(OTHER);
    await ports.timer.pass(10);
  });

  it('keeps a circuit that is too long for an address in the entry itself', async () => {
    const { ports, lab } = await start();
    let state = 7;
    const many = Array.from({ length: 9_000 }, () => {
      state = (state * 48_271) % 2_147_483_647;
      return gate('rx', [state % 5], [state / 2_147_483_647]);
    });
    const long = JSON.stringify(circuitOf(5, many));
    lab.commands.open(long);
    await ports.timer.pass(200);
    expect(ports.history.current().fragment).toBe('');
    expect(lab.store.getState().notice).toEqual({ kind: 'address-too-long' });
    await lab.commands.copyLink();
    expect(ports.clipboard).toEqual([]);
    lab.commands.open(OTHER);
    await ports.timer.pass(200);
    ports.history.go(-1);
    await ports.timer.pass(200);
    expect(qasm(lab)).toBe(long);
  });
});
