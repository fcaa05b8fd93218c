import { openDB } from 'idb';
import type { CalibrationStore } from '../core/quantum/engine/calibration.ts';

const DATABASE = 'plaquette-engines';
const STORE = 'texts';
const KEY = 'calibration';

/** One line of text in IndexedDB, shared by the tabs of this browser. Null where the browser stores nothing. */
export function openCalibrationStore(): CalibrationStore | null {
  if (typeof indexedDB === 'undefined') return null;
  // Opened for each use and closed at once: nothing is held that could block another tab.
  const use = async <T>(job: (db: Awaited<ReturnType<typeof open>>) => Promise<T>): Promise<T> => {
    const db = await open();
    try {
      return await job(db);
    } finally {
      db.close();
    }
  };
  return {
    load: () =>
      use(async (db) => {
        const text: unknown = await db.get(STORE, KEY);
        return typeof text === 'string' ? text : null;
      }),
    save: (text) => use(async (db) => void (await db.put(STORE, text, KEY))),
  };
}

function open() {
  return openDB(DATABASE, 1, { upgrade: (db) => void db.createObjectStore(STORE) });
}
