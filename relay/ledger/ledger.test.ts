import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { unwrap } from '../../src/core/lib/result.ts';
import { GroupCommit, Refusal } from './group-commit.ts';
import { ledgerContract } from './ledger.contract.ts';
import { MemoryLedger } from './memory-ledger.ts';
import { openSqliteLedger } from './sqlite-ledger.ts';

const folder = mkdtempSync(join(tmpdir(), 'plaquette-ledger-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
let files = 0;
const fresh = (): string => join(folder, `${files++}.db`);

ledgerContract('memory', async () => new MemoryLedger());
ledgerContract('sqlite', async () => unwrap(openSqliteLedger(fresh())));

const RUN = { runId: 'r', signedConfig: new Uint8Array([9]), fingerprint: 'f', startedAt: 1 };

describe('sqlite ledger', () => {
  it('has everything again after it was closed', async () => {
    const path = fresh();
    const first = unwrap(openSqliteLedger(path));
    unwrap(await first.startRun(RUN));
    const update = { updateId: 'u', participantId: 'p', round: 1, digest: 'd', bytes: 3, acceptedAt: 4 };
    unwrap(await first.acceptUpdate('r', update));
    await first.close();
    const second = unwrap(openSqliteLedger(path));
    expect(unwrap(await second.run())).toEqual(RUN);
    expect(unwrap(await second.updates('r'))).toEqual([{ ...update, mergedIn: null }]);
    await second.close();
  });

  it('refuses a data folder that another relay holds', async () => {
    const path = fresh();
    const first = unwrap(openSqliteLedger(path));
    expect(openSqliteLedger(path)).toMatchObject({ error: { code: 'RELAY_DATA_IN_USE' } });
    await first.close();
    await unwrap(openSqliteLedger(path)).close();
  });

  it('says what to do about a damaged file', async () => {
    const garbage = fresh();
    writeFileSync(garbage, 'not a database at all '.repeat(500));
    expect(openSqliteLedger(garbage)).toMatchObject({ error: { code: 'RELAY_LEDGER_CORRUPT' } });

    const path = fresh();
    const ledger = unwrap(openSqliteLedger(path));
    unwrap(await ledger.startRun(RUN));
    const events = Array.from({ length: 500 }, (_, seq) => {
      return { seq, at: 1, severity: 'info', kind: 'k', text: 'x'.repeat(200), participant: null } as const;
    });
    unwrap(await ledger.appendEvents('r', events));
    await ledger.close();
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 4096, bytes.length - 100);
    writeFileSync(path, bytes);
    const opened = openSqliteLedger(path);
    expect(opened).toMatchObject({ error: { code: 'RELAY_LEDGER_CORRUPT' } });
    expect(!opened.ok && opened.error.message).toContain('backup');
  });

  it('refuses a folder that does not exist and a schema that is newer', async () => {
    expect(openSqliteLedger(join(folder, 'no', 'such.db'))).toMatchObject({
      error: { code: 'RELAY_DATA_NOT_WRITABLE' },
    });
    const path = fresh();
    await unwrap(openSqliteLedger(path)).close();
    const bytes = readFileSync(path);
    bytes.writeUInt32BE(99, 60); // user_version, SQLite file format section 1.3
    writeFileSync(path, bytes);
    expect(openSqliteLedger(path)).toMatchObject({ error: { code: 'RELAY_LEDGER_NEWER' } });
  });
});

describe('GroupCommit', () => {
  it('puts everything of one turn into one transaction and answers only after the commit', async () => {
    const log: string[] = [];
    const queue = new GroupCommit({
      begin: () => log.push('begin'),
      commit: () => log.push('commit'),
      rollback: () => log.push('rollback'),
    });
    const done = [1, 2, 3].map(async (n) => {
      unwrap(await queue.add(() => log.push(`job ${n}`)));
      log.push(`answer ${n}`);
    });
    await Promise.all(done);
    expect(log.slice(0, 5)).toEqual(['begin', 'job 1', 'job 2', 'job 3', 'commit']);
    expect(log.slice(5)).toEqual(['answer 1', 'answer 2', 'answer 3']);
  });

  it('refuses one job and keeps the others', async () => {
    const queue = new GroupCommit({ begin: () => 0, commit: () => 0, rollback: () => 0 });
    const refused = queue.add(() => {
      throw new Refusal('X_NO', 'no');
    });
    const kept = queue.add(() => 5);
    expect(await refused).toMatchObject({ error: { code: 'X_NO' } });
    expect(unwrap(await kept)).toBe(5);
  });

  it('rolls back when the disk refuses, says so to all, and works again', async () => {
    let full = true;
    let rollbacks = 0;
    const queue = new GroupCommit({
      begin: () => 0,
      commit: () => {
        if (full) throw new Error('disk is full');
      },
      rollback: () => {
        rollbacks++;
      },
    });
    const results = await Promise.all([queue.add(() => 1), queue.add(() => 2)]);
    for (const result of results)
      expect(result).toMatchObject({ ok: false, error: { code: 'RELAY_LEDGER_WRITE', retry: true } });
    expect(rollbacks).toBe(3);
    full = false;
    expect(unwrap(await queue.add(() => 3))).toBe(3);
  });

  it('keeps the neighbours of a job that throws', async () => {
    const queue = new GroupCommit({ begin: () => 0, commit: () => 0, rollback: () => 0 });
    const bad = queue.add(() => {
      throw new TypeError('bug');
    });
    const good = queue.add(() => 'fine');
    expect(await bad).toMatchObject({ ok: false, error: { code: 'RELAY_LEDGER_WRITE' } });
    expect(unwrap(await good)).toBe('fine');
  });
});
