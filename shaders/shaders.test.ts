import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { shaders, type Shader } from './index.ts';
import { phaseSlot, registerPairs } from './tile-operations.ts';

const KINDS: Readonly<Record<string, string>> = {
  'storage, read_write': 'storage',
  'storage, read': 'read-only-storage',
  uniform: 'uniform',
};

describe('shader registry', () => {
  const all = Object.values(shaders) as readonly Shader[];

  it('holds every WGSL file, and what is written by a program', () => {
    const files = readdirSync(new URL('.', import.meta.url)).filter((name) => name.endsWith('.wgsl'));
    expect(files.length).toBeGreaterThan(8);
    const written = all.filter(({ code }) => code.startsWith('// Written by shaders/'));
    expect(written.map(({ name }) => name)).toEqual(['tile-backward', 'tile-pass-3', 'tile-pass-4']);
    const stored = all.filter((shader) => !written.includes(shader));
    expect(stored.map((shader) => `${shader.name}.wgsl`)).toEqual(files.toSorted());
  });

  it.each(all)('declares what $name has', (shader) => {
    const found = [...shader.code.matchAll(/@group\((\d+)\) @binding\((\d+)\) var<([^>]+)> (\w+):/g)];
    const inCode = found.map(([, group, binding, kind, name]) => [group, binding, KINDS[kind ?? ''], name]);
    expect(inCode).toEqual(shader.bindings.map(({ binding, kind, name }) => ['0', String(binding), kind, name]));
    const entries = [...shader.code.matchAll(/@compute[^{]*?fn (\w+)\(/g)].map(([, name]) => name);
    expect(entries).toEqual([shader.entryPoint]);
    const overrides = [...shader.code.matchAll(/override (\w+):/g)].map(([, name]) => name);
    expect(overrides).toEqual(Object.keys(shader.overrides));
  });

  it('numbers bindings without gaps and ends with the job', () => {
    for (const { bindings } of all) {
      expect(bindings.map(({ binding }) => binding)).toEqual(bindings.map((_, i) => i));
      expect(bindings.at(-1)).toMatchObject({ name: 'job', kind: 'uniform', dynamicOffset: true });
      // What every device allows: maxStorageBuffersPerShaderStage.
      expect(bindings.length - 1).toBeLessThanOrEqual(8);
    }
  });

  it('gives every set of at most two registers a slot of its own', () => {
    for (const registers of [3, 4]) {
      const singles = Array.from({ length: registers }, (_, r) => [r]);
      const slots = [[], ...singles, ...registerPairs(registers)].map((bits) => phaseSlot(registers, bits));
      expect(slots).toEqual(slots.map((_, i) => i));
    }
  });
});
