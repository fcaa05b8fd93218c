import { expose } from 'comlink';
import { createVault } from '../src/core/vault/vault.ts';
import { realClock, secureRng } from '../src/platform/host.ts';
import { deleteVaultStore, openVaultStore } from '../src/platform/open-vault-store.ts';
import { openSuite } from '../src/platform/webcrypto-suite.ts';
import { createTransport } from '../src/platform/web-transport.ts';

/** The only place in a tab that holds keys. */
const vault = createVault({
  transport: createTransport(),
  openStore: (identity, notice) => openVaultStore(identity, realClock, notice),
  deleteStore: deleteVaultStore,
  suite: () => openSuite(secureRng),
  clock: realClock,
  rng: secureRng,
});

expose(
  Object.assign(vault, {
    attach: (port: MessagePort): Promise<void> => {
      vault.onEvent((event) => port.postMessage(event));
      return Promise.resolve();
    },
  }),
);
