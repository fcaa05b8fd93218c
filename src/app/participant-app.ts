import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ShardSource } from '../core/contracts/training-service.ts';
import type { Result } from '../core/lib/result.ts';
import type { SessionCommands, SessionView } from '../core/session/session-view.ts';
import type { Environment } from './environment.ts';
import type { LiveFeed, LiveState } from './live-feed.ts';
import type { Preferences } from './preferences.ts';
import type { OpenStage } from './stage.ts';

/** What the page shows beside the session: it exists before any worker does. */
export interface PageState {
  readonly environment: Environment;
  /** Of the session in this tab. */
  readonly start: 'idle' | 'starting' | 'running' | 'failed';
  readonly startFailure: string | null;
  /** Text chosen before the session exists. */
  readonly chosen: ChosenText | null;
  /** Why the last text was not taken. */
  readonly textFailure: string | null;
  /** `second`: another tab of this browser holds the identity. `replaced`: another tab has taken it over. */
  readonly tab: 'first' | 'second' | 'replaced';
  readonly download: 'idle' | 'preparing' | { readonly failed: string };
}

export interface ChosenText {
  readonly source: ShardSource;
  readonly name: string;
  readonly bytes: number | null;
  readonly keep: boolean;
}

export type TabChoice = 'first' | 'take-over' | 'own';

export type StartOutcome =
  | {
      readonly kind: 'started';
      readonly session: SessionCommands;
      readonly rejoining: boolean;
      readonly replaced: Promise<void>;
    }
  | { readonly kind: 'second' }
  | { readonly kind: 'failed'; readonly message: string };

export interface ParticipantPorts {
  readonly live: LiveFeed;
  readonly preferences: StoreApi<Preferences>;
  readonly environment: Environment;
  /** Loads workers and the session; heavy, therefore only after a click or for a returning participant. */
  readonly start: (choice: TabChoice) => Promise<StartOutcome>;
  readonly saveFile: (name: string, type: string, content: Uint8Array | string) => void;
  readonly openStage: OpenStage;
  /** Remembers across reloads that this tab was joined; the page then starts the session without a click. */
  readonly remember: { get(): boolean; set(joined: boolean): void };
}

export interface ParticipantApp {
  readonly live: StoreApi<LiveState>;
  readonly session: StoreApi<{ readonly view: SessionView | null }>;
  readonly page: StoreApi<PageState>;
  readonly preferences: StoreApi<Preferences>;
  readonly openStage: OpenStage;
  readonly commands: ParticipantCommands;
}

export interface ParticipantCommands {
  join(choice?: TabChoice): Promise<void>;
  chooseText(text: ChosenText): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  leave(): Promise<void>;
  forget(): Promise<void>;
  write(prompt: string): Promise<void>;
  stopWriting(): Promise<void>;
  download(): Promise<void>;
  refresh(): void;
}

export function createParticipantApp(ports: ParticipantPorts): ParticipantApp {
  const session = createStore<{ readonly view: SessionView | null }>(() => ({ view: null }));
  const page = createStore<PageState>(() => ({
    environment: ports.environment,
    start: 'idle',
    startFailure: null,
    chosen: null,
    textFailure: null,
    tab: 'first',
    download: 'idle',
  }));
  let running: SessionCommands | null = null;

  /** Leaves `start` at 'starting': the caller has the next step, and the page must not turn back in between. */
  const begin = async (choice: TabChoice): Promise<SessionCommands | null> => {
    if (running !== null) return running;
    if (page.getState().start === 'starting') return null;
    page.setState({ start: 'starting', startFailure: null });
    const outcome = await ports.start(choice);
    if (outcome.kind === 'failed') {
      page.setState({ start: 'failed', startFailure: outcome.message });
      return null;
    }
    if (outcome.kind === 'second') {
      page.setState({ start: 'idle', tab: 'second' });
      return null;
    }
    running = outcome.session;
    session.setState({ view: running.view() });
    const unsubscribe = running.subscribe((view) => session.setState({ view }));
    page.setState({ tab: 'first' });
    void outcome.replaced.then(() => {
      unsubscribe();
      running = null;
      session.setState({ view: null });
      page.setState({ start: 'idle', tab: 'replaced' });
    });
    return running;
  };

  const choose = async (commands: SessionCommands, text: ChosenText): Promise<boolean> => {
    const chosen = await commands.chooseShard(text.source, text.keep);
    page.setState({ textFailure: chosen.ok ? null : chosen.error.message });
    return chosen.ok;
  };

  const join = async (choice: TabChoice = 'first'): Promise<void> => {
    const commands = await begin(choice);
    if (commands === null) return;
    const { chosen } = page.getState();
    if (chosen !== null && !(await choose(commands, chosen))) {
      page.setState({ start: 'running' });
      return;
    }
    const joining = commands.join();
    page.setState({ start: 'running' });
    const joined = await joining;
    if (joined.ok) ports.remember.set(true);
  };

  const withSession = (act: (commands: SessionCommands) => Promise<unknown>) => async (): Promise<void> => {
    if (running !== null) await act(running);
  };

  const comeBack = async (): Promise<void> => {
    if ((await begin('first')) !== null) page.setState({ start: 'running' });
  };
  if (ports.remember.get()) void comeBack();

  return {
    live: ports.live.store,
    session,
    page,
    preferences: ports.preferences,
    openStage: ports.openStage,
    commands: {
      join,
      chooseText: async (text) => {
        page.setState({ chosen: text, textFailure: null });
        if (running !== null) await choose(running, text);
      },
      pause: withSession((commands) => commands.pause()),
      resume: withSession((commands) => commands.resume()),
      leave: withSession(async (commands) => {
        ports.remember.set(false);
        await commands.leave();
      }),
      forget: withSession(async (commands) => {
        ports.remember.set(false);
        await commands.forget();
      }),
      write: async (prompt) => {
        if (running !== null) await running.write(prompt);
      },
      stopWriting: withSession((commands) => commands.stopWriting()),
      download: withSession((commands) => download(commands, ports, page)),
      refresh: () => ports.live.refresh(),
    },
  };
}

/** Both files of the adapter, one after the other: browsers ask once for several downloads of one page. */
async function download(commands: SessionCommands, ports: ParticipantPorts, page: StoreApi<PageState>): Promise<void> {
  page.setState({ download: 'preparing' });
  const files: Result<{ readonly weights: Uint8Array; readonly config: string }> = await commands.exportAdapter();
  if (!files.ok) {
    page.setState({ download: { failed: files.error.message } });
    return;
  }
  ports.saveFile('adapter_model.safetensors', 'application/octet-stream', files.value.weights);
  ports.saveFile('adapter_config.json', 'application/json', files.value.config);
  page.setState({ download: 'idle' });
}
