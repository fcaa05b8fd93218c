import { canJoin } from '../../app/environment.ts';
import { peopleView } from '../models/people.ts';
import { useApp, useLive, usePage, useSession } from '../pages/app-context.ts';
import { PeoplePicture } from './PeoplePanel.tsx';
import { useWords } from '../strings/language.tsx';

/** The invitation: the same boxes as in index.html, so that nothing moves when React takes over. */
export function Hero({ wide }: { readonly wide: boolean }) {
  const { t, f } = useWords();
  const { commands } = useApp();
  const starting = usePage((state) => state.start === 'starting');
  const able = usePage((state) => canJoin(state.environment));
  const chosen = usePage((state) => state.chosen);
  const life = useSession((view) => view?.life ?? null);
  const view = useLive((state) => state.view);
  const failed = useLive((state) => state.failure !== null);
  const round =
    view === null
      ? failed
        ? t.hero.relayGone
        : t.hero.looking
      : t.hero.state(view.phase, view.round, peopleView(view.participants).present);
  const own = chosen !== null && chosen.source.kind !== 'sample';
  const note =
    chosen !== null && own
      ? t.hero.noteOwn(chosen.bytes === null ? chosen.name : `${chosen.name} (${f.bytes(chosen.bytes)})`)
      : t.hero.note(t.hero.sampleText);
  const left = life?.state === 'ready' && life.left;
  return (
    <section className="hero" aria-labelledby="headline">
      <div>
        <h1 id="headline">{t.hero.headline}</h1>
        <p className="hero-lead">{t.hero.lead}</p>
        <p className="hero-state">
          <svg viewBox="0 0 12 12" aria-hidden="true">
            <circle cx="6" cy="6" r="5" fill="currentColor" />
          </svg>
          <span>{left ? t.tab.life.left : life?.state === 'failed' ? life.message : round}</span>
        </p>
        <div className="hero-actions">
          <button
            className="button button-primary"
            type="button"
            id="join"
            disabled={!able}
            aria-disabled={starting}
            onClick={() => {
              if (!starting) void commands.join();
            }}
          >
            {starting ? t.hero.joining : left ? t.hero.rejoin : t.hero.join}
          </button>
          <p className="hero-note">{note}</p>
        </div>
      </div>
      <div className="hero-side">{wide ? <PeoplePicture tall /> : null}</div>
      <dl className="facts">
        <div>
          <dt>{t.hero.leaves}</dt>
          <dd>{t.hero.leavesText}</dd>
        </div>
        <div>
          <dt>{t.hero.costs}</dt>
          <dd>{t.hero.costsText}</dd>
        </div>
        <div>
          <dt>{t.hero.stop}</dt>
          <dd>{t.hero.stopText}</dd>
        </div>
      </dl>
    </section>
  );
}
