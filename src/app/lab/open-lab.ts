import type { StoreApi } from 'zustand/vanilla';
import { openQuantumClient } from '../../clients/quantum-client.ts';
import type { CircuitClient } from '../../clients/circuit-client.ts';
import type { CircuitService } from '../../core/contracts/circuit-service.ts';
import { installCircuitConsole } from '../circuit-console.ts';
import { createPreferences, openPreferenceStorage, type Preferences } from '../preferences.ts';
import { saveFile } from '../save-file.ts';
import { exampleNoise } from './example-noise.ts';
import { EXAMPLES, WELCOME } from './examples.ts';
import { createLab, type LabApp } from './lab-app.ts';
import type { HistoryEntry, LabHistory, LabPorts } from './lab-ports.ts';
import { qasmLanguage } from './qasm-language.ts';

export interface OpenLab {
  readonly app: LabApp;
  readonly preferences: StoreApi<Preferences>;
}

/** The browser's side of the lab: quantum worker, session history, clipboard, downloads, and `plaquette.circuit` in the console. */
export function openLab(): OpenLab {
  const { circuits } = openQuantumClient();
  installCircuitConsole(() => circuits);
  const ports: LabPorts = {
    service: cancellable(circuits),
    language: qasmLanguage,
    history: browserHistory(),
    timer: {
      now: () => performance.now(),
      later: (delayMs, work) => {
        const timer = setTimeout(work, delayMs);
        return () => clearTimeout(timer);
      },
    },
    exampleDevice: exampleNoise,
    saveFile,
    copy: async (text) => {
      try {
        await navigator.clipboard.writeText(text);
        return true;
      } catch {
        return false;
      }
    },
    address: (fragment) => `${location.origin}${location.pathname}#${fragment}`,
  };
  return {
    app: createLab(ports, EXAMPLES[WELCOME]),
    preferences: createPreferences(openPreferenceStorage(), navigator.language),
  };
}

/** Cancels by a signal, because the client then also replaces a worker that does not stop. */
function cancellable(client: CircuitClient): CircuitService {
  const running = new Map<string, AbortController>();
  return {
    runCircuit: async (request, id = crypto.randomUUID()) => {
      const controller = new AbortController();
      running.set(id, controller);
      try {
        return await client.run(request, { signal: controller.signal });
      } finally {
        running.delete(id);
      }
    },
    optimiseCircuit: (request) => client.optimise(request),
    cancel: async (id) => running.get(id)?.abort(),
    engines: () => client.engines(),
  };
}

function browserHistory(): LabHistory {
  const current = (): HistoryEntry => ({ fragment: location.hash.slice(1), state: history.state as unknown });
  const url = (fragment: string): string => (fragment === '' ? location.pathname : `#${fragment}`);
  return {
    current,
    push: ({ fragment, state }) => history.pushState(state, '', url(fragment)),
    replace: ({ fragment, state }) => history.replaceState(state, '', url(fragment)),
    onChange: (listener) => addEventListener('popstate', () => listener(current())),
  };
}
