import { transfer } from 'comlink';
import vaultWorkerUrl from '../../workers/vault.worker.ts?worker&url';
import type { VaultEvent, VaultService } from '../core/contracts/vault-service.ts';
import { trustedScriptUrl } from '../platform/trusted-url.ts';
import { WorkerHost, type WorkerDoor } from './worker-host.ts';

type VaultDoor = Omit<VaultService, 'onEvent'> & WorkerDoor;
export type VaultHost = WorkerHost<VaultDoor, VaultEvent>;

/** Storage has 5 s to open (platform/idb-schema.ts), the relay's keys 10 s. */
const OPEN_MS_MAX = 20_000;
const CALL_MS_MAX = 20_000;

export interface VaultClient {
  readonly service: VaultService;
  readonly host: VaultHost;
}

/** The vault worker behind the same interface that it has in process. */
export function openVaultClient(): VaultClient {
  const host: VaultHost = new WorkerHost({
    name: 'vault',
    create: () => new Worker(trustedScriptUrl(vaultWorkerUrl), { type: 'module', name: 'vault' }),
    pingDeadlineMs: 2_000,
  });
  const service: VaultService = {
    onEvent: (listener) => host.onEvent(listener),
    open: (options) => host.call((door) => door.open(options), OPEN_MS_MAX),
    join: (report) => host.call((door) => door.join(report), CALL_MS_MAX),
    report: (report) => host.tell((door) => door.report(report)),
    phase: (round, phase, progress) => host.tell((door) => door.phase(round, phase, progress)),
    submit: (work) => host.call((door) => door.submit(transfer(work, [work.delta.buffer as ArrayBuffer])), CALL_MS_MAX),
    decline: (round, reason) => host.tell((door) => door.decline(round, reason)),
    pause: () => host.tell((door) => door.pause()),
    resume: () => host.tell((door) => door.resume()),
    leave: () => host.tell((door) => door.leave()),
    forget: () => host.tell((door) => door.forget()),
    setting: (key) => host.call((door) => door.setting(key), CALL_MS_MAX),
    putSetting: (key, value) => host.call((door) => door.putSetting(key, value), CALL_MS_MAX),
    ping: () => host.tell((door) => door.ping()),
  };
  return { service, host };
}
