import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { shaders, type Shader } from './index.ts';

const KINDS: Readonly<Record<string, string>> = {
  'storage, read_write': 'storage',
  'storage, read': 'read-only-storage',
  uniform: 'uniform',
};

describe('shader registry', () => {
  it('holds every WGSL file', () => {
    const files = readdirSync(new URL('.', import.meta.url)).filter((name) => name.endsWith('.wgsl'));
    expect(files.length).toBeGreaterThan(0);
    expect(Object.values(shaders).map((shader) => `${shader.name}.wgsl`)).toEqual(files);
  });

  it.each(Object.values(shaders) as readonly Shader[])('declares what $name.wgsl has', (shader) => {
    const found = [...shader.code.matchAll(/@group\((\d+)\) @binding\((\d+)\) var<([^>]+)> (\w+):/g)];
    expect(found.map(([, group, binding, kind, name]) => [group, binding, KINDS[kind ?? ''], name])).toEqual(
      shader.bindings.map(({ binding, kind, name }) => ['0', String(binding), kind, name]),
    );
    const entries = [...shader.code.matchAll(/@compute[^{]*?fn (\w+)\(/g)].map(([, name]) => name);
    expect(entries).toEqual([shader.entryPoint]);
    const overrides = [...shader.code.matchAll(/override (\w+):/g)].map(([, name]) => name);
    expect(overrides).toEqual(Object.keys(shader.overrides));
  });
});
