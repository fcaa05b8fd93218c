import type { CSSProperties } from 'react';
import { SEED_MAX, SHOTS_MAX } from '../../app/lab/lab-document.ts';
import { Panel } from '../primitives/Panel.tsx';
import { useLabWords } from '../strings/lab-language.tsx';
import { useLab, useLabState } from './lab-context.ts';
import { countList } from './models/counts.ts';
import { ShareBar } from './ShareBar.tsx';
import { useResultsFace } from './use-results-face.ts';
import css from './results.module.css';

/** Samples: what a device would hand out. */
export function CountsPanel() {
  const { t, f } = useLabWords();
  const { commands } = useLab();
  const shots = useLabState((state) => state.document.shots);
  const seed = useLabState((state) => state.document.seed);
  const counts = useLabState((state) => state.report?.counts ?? null);
  const face = useResultsFace();
  const list = counts === null ? null : countList(counts);
  const most = list?.rows[0]?.share ?? 1;
  return (
    <Panel title={t.counts.title} face={list === null && face === 'live' ? 'empty' : face}>
      <div className={css['settings']}>
        <label className={css['setting']}>
          {t.counts.shots}
          <input
            type="number"
            min={0}
            max={SHOTS_MAX}
            step={1}
            value={shots}
            onChange={(event) => commands.setShots(event.target.valueAsNumber)}
          />
        </label>
        <label className={css['setting']}>
          {t.counts.seed}
          <input
            type="number"
            min={0}
            max={SEED_MAX}
            step={1}
            value={seed}
            onChange={(event) => commands.setSeed(event.target.valueAsNumber)}
          />
        </label>
        <button type="button" className="button" onClick={() => commands.setSeed((seed + 1) % SEED_MAX)}>
          {t.counts.again}
        </button>
      </div>
      {list === null ? (
        <p className={css['hint']}>{shots === 0 ? t.counts.empty : t.counts.later}</p>
      ) : (
        <>
          <div className={css['scroll']} role="region" aria-label={t.counts.list} tabIndex={0}>
            <table className={css['counts']}>
              <thead>
                <tr>
                  <th scope="col">{t.counts.outcome}</th>
                  <th scope="col">{t.counts.share}</th>
                  <th scope="col">{t.counts.count}</th>
                </tr>
              </thead>
              <tbody>
                {list.rows.map(({ bits, count, share }) => (
                  <tr key={bits} style={{ '--share': share / most } as CSSProperties}>
                    <th scope="row">{bits === '' ? '–' : bits}</th>
                    <td>
                      <ShareBar text={f.percent(share, 1)} />
                    </td>
                    <td className="num">{f.integer(count)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <p className={css['hint']}>
            {t.counts.sentence(list.shots, list.outcomes)} {t.counts.listed(list.rows.length, list.outcomes)}
          </p>
        </>
      )}
    </Panel>
  );
}
