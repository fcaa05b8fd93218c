import { useId } from 'react';
import type { RunView } from '../../core/federation/run-view.ts';
import { meanFidelity } from '../models/people.ts';
import { useWords } from '../strings/language.tsx';
import screen from './screen.module.css';
import privacy from './privacy-panel.module.css';
import css from './spent-panel.module.css';

/** Is it private, and do the simulators agree with theory? Two short answers side by side. */
export function SpentPanel({ view, className }: { readonly view: RunView; readonly className: string | undefined }) {
  const { t, f } = useWords();
  const privacyId = useId();
  const quantumId = useId();
  const off = view.noiseMultiplier === 0;
  const fidelity = meanFidelity(view.participants);
  return (
    <div className={`${css['pair'] ?? ''} ${className ?? ''}`}>
      <section className={screen['panel']} aria-labelledby={privacyId}>
        <h2 id={privacyId} className={screen['title']}>
          {t.audience.privacy}
        </h2>
        {off ? (
          <p>{t.audience.epsilonOff}</p>
        ) : (
          <>
            <p className={screen['big']}>{t.audience.epsilon(view.epsilon ?? 0, view.epsilonBudget)}</p>
            <meter
              className={privacy['meter']}
              aria-label={t.privacy.epsilon}
              min={0}
              max={view.epsilonBudget}
              high={view.epsilonBudget * 0.8}
              optimum={0}
              value={view.epsilon ?? 0}
            />
            <p className={screen['small']}>{t.audience.epsilonNote(f.scientific(view.delta))}</p>
          </>
        )}
      </section>
      <section className={screen['panel']} aria-labelledby={quantumId}>
        <h2 id={quantumId} className={screen['title']}>
          {t.audience.quantum}
        </h2>
        {fidelity === null ? (
          <p className={screen['small']}>{t.audience.quantumNone}</p>
        ) : (
          <>
            <p className={screen['big']}>{f.decimal(fidelity.mean, 4)}</p>
            <p className={screen['small']}>{t.audience.quantumNote(fidelity.tabs)}</p>
          </>
        )}
      </section>
    </div>
  );
}
