import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const FEDERATION = 'src/core/federation/';

describe('docs/SPEC.md', () => {
  const rules = [...read('docs/SPEC.md').matchAll(/^- ([A-Z]{2}\d+) /gm)].map((match) => match[1] ?? '');
  const tests = readdirSync(new URL(`../${FEDERATION}`, import.meta.url)).filter((name) => name.endsWith('.test.ts'));
  const named = new Set(tests.flatMap((name) => read(FEDERATION + name).match(/(?<=\[)[A-Z]{2}\d+(?=\])/g) ?? []));

  it('has each rule once', () => {
    expect(rules.length).toBeGreaterThan(50);
    expect(new Set(rules).size).toBe(rules.length);
  });

  it('has a test for every rule, and a rule for every name in a test', () => {
    expect(rules.filter((rule) => !named.has(rule))).toEqual([]);
    expect([...named].filter((name) => !rules.includes(name))).toEqual([]);
  });
});
