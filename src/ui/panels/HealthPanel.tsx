import { useState, type ReactNode } from 'react';
import type { SessionView } from '../../core/session/session-view.ts';
import { engineName } from '../models/engine-name.ts';
import { useSession } from '../pages/app-context.ts';
import { Icon } from '../primitives/Icon.tsx';
import { useWords } from '../strings/language.tsx';
import { ForgetDialog } from './LeaveDialog.tsx';
import css from './health-panel.module.css';

/** Local monitoring, folded by default: engines, workers, queue, bytes, storage, timings and every failure. */
export function HealthPanel() {
  const { t } = useWords();
  const workers = useSession((view) => view?.workers ?? null);
  const failures = useSession((view) => view?.failures ?? null);
  const well = workers !== null && workers.length > 0 && workers.every((worker) => worker.alive);
  return (
    <details className={css['health']}>
      <summary>
        <h2>{t.health.title}</h2>
        <span>
          <Icon name={well && failures?.length === 0 ? 'check' : 'note'} />
          {t.health.summary(well, failures?.length ?? 0)}
        </span>
      </summary>
      <div className={css['grid']}>
        <Engines />
        <Workers />
        <Traffic />
        <Timings />
        <Failures />
      </div>
    </details>
  );
}

function Block(props: { readonly title: string; readonly wide?: boolean; readonly children: ReactNode }) {
  return (
    <section className={props.wide === true ? css['wide'] : undefined}>
      <h3>{props.title}</h3>
      {props.children}
    </section>
  );
}

function Row(props: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

function Engines() {
  const { t, f } = useWords();
  const model = useSession((view) => view?.model ?? null);
  const speed = useSession((view) => view?.rounds.at(-1)?.tokensPerSecond ?? null);
  const quantum = useSession((view) => view?.quantum ?? null);
  const cryptography = useSession((view) => view?.identity.cryptography ?? null);
  const report = model?.state === 'ready' ? model.report : null;
  return (
    <Block title={t.health.engines}>
      <dl>
        <Row name={t.health.training}>{report === null ? t.chrome.unknown : engineName(report.engine, t)}</Row>
        <Row name={t.health.speed}>{speed === null ? t.chrome.unknown : t.health.tokensPerSecond(speed)}</Row>
        <Row name={t.health.memory}>{report === null ? t.chrome.unknown : f.bytes(report.memoryBytes)}</Row>
        <Row name={t.health.quantum}>{quantumDevice(quantum, t)}</Row>
        <Row name={t.health.fidelity}>
          {quantum?.last == null
            ? t.chrome.unknown
            : `${t.health.fidelityValue(quantum.last.fidelity, quantum.last.qubits, quantum.last.gates)}, ${t.health.amplitudes(quantum.last.amplitudesPerSecond)}`}
        </Row>
        <Row name={t.health.crypto}>
          {cryptography === null ? t.chrome.unknown : t.health.cryptoKinds[cryptography]}
        </Row>
      </dl>
    </Block>
  );
}

/** Proper names, the same in every language. */
const ENGINE_NAMES = { cpu: 'CPU', wasm: 'WebAssembly', webgpu: 'WebGPU' } as const;

function quantumDevice(quantum: SessionView['quantum'] | null, t: ReturnType<typeof useWords>['t']): string {
  const report = quantum?.report ?? null;
  if (report === null) return t.chrome.unknown;
  const reason = report.fallbackReason === null ? '' : ` ${report.fallbackReason}`;
  return `${ENGINE_NAMES[report.engine]}, ${report.device}; ${t.health.simulated}.${reason}`;
}

function Workers() {
  const { t } = useWords();
  const workers = useSession((view) => view?.workers ?? null);
  return (
    <Block title={t.health.workers}>
      <dl>
        {(workers ?? []).map((worker) => (
          <Row key={worker.name} name={t.health.workerNames[worker.name]}>
            <Icon name={worker.alive ? 'check' : 'cross'} /> {worker.alive ? t.health.alive : t.health.dead},{' '}
            {t.health.restarts(worker.restarts)}
            {worker.lastPingMs === null ? '' : `, ${t.health.answered(worker.lastPingMs)}`}
          </Row>
        ))}
      </dl>
      {workers === null || workers.length === 0 ? <p>{t.chrome.unknown}</p> : null}
    </Block>
  );
}

function Traffic() {
  const { t, f } = useWords();
  const traffic = useSession((view) => view?.traffic ?? null);
  const queue = useSession((view) => view?.queue ?? 0);
  const durable = useSession((view) => view?.storage.durable ?? null);
  const [forgetting, setForgetting] = useState(false);
  return (
    <Block title={t.health.traffic}>
      <dl>
        <Row name={t.health.sentBytes}>{f.bytes(traffic?.sentBytes ?? 0)}</Row>
        <Row name={t.health.receivedBytes}>{f.bytes(traffic?.receivedBytes ?? 0)}</Row>
        <Row name={t.health.queued}>{f.integer(traffic?.queued ?? 0)}</Row>
        <Row name={t.health.jobs}>{f.integer(queue)}</Row>
        <Row name={t.health.roundTrip}>
          {traffic?.roundTripMs == null ? t.chrome.unknown : f.duration(traffic.roundTripMs)}
        </Row>
        <Row name={t.health.storage}>
          {durable === null ? t.chrome.unknown : durable ? t.health.durable : t.health.memoryOnly}
        </Row>
      </dl>
      {durable === null ? null : (
        <button type="button" className="button button-small" onClick={() => setForgetting(true)}>
          {t.health.forget}
        </button>
      )}
      {forgetting ? <ForgetDialog onClose={() => setForgetting(false)} /> : null}
    </Block>
  );
}

/** The latest rounds tell how it goes now. */
const ROUNDS_SHOWN = 10;

function Timings() {
  const { t, f } = useWords();
  const rounds = useSession((view) => view?.rounds ?? null);
  const names = t.health.columns;
  const took = (ms: number | null): string => (ms === null ? '–' : f.duration(ms));
  return (
    <Block title={t.health.rounds} wide>
      {rounds === null || rounds.length === 0 ? (
        <p>{t.health.noRounds}</p>
      ) : (
        <div className={css['scroll']} role="region" aria-label={t.health.rounds} tabIndex={0}>
          <table>
            <thead>
              <tr>
                {[names.round, names.end, names.trained, names.sealed, names.acknowledged, names.total].map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rounds
                .slice(-ROUNDS_SHOWN)
                .toReversed()
                .map((round) => (
                  <tr key={round.startedAt}>
                    <th scope="row">{f.integer(round.round)}</th>
                    <td>{t.health.ends[round.end]}</td>
                    <td>{took(round.trainedMs)}</td>
                    <td>{took(round.sealedMs)}</td>
                    <td>{took(round.acknowledgedMs)}</td>
                    <td>{took(round.totalMs)}</td>
                  </tr>
                ))}
            </tbody>
          </table>
        </div>
      )}
    </Block>
  );
}

function Failures() {
  const { t, f } = useWords();
  const failures = useSession((view) => view?.failures ?? null);
  return (
    <Block title={t.health.failures} wide>
      {failures === null || failures.length === 0 ? (
        <p>{t.health.noFailures}</p>
      ) : (
        <ul className={css['failures']}>
          {failures.toReversed().map((failure) => (
            <li key={`${failure.at} ${failure.code} ${failure.message}`}>
              <Icon name={failure.final ? 'stop' : 'warn'} />
              <span>
                <time>{f.time(failure.at)}</time> {failure.message} <code>{failure.code}</code>
              </span>
            </li>
          ))}
        </ul>
      )}
    </Block>
  );
}
