import { budgetView, type BudgetView } from '../models/privacy.ts';
import { useLive, useSession } from '../pages/app-context.ts';
import { Panel, type Face } from '../primitives/Panel.tsx';
import { useWords, type Words } from '../strings/language.tsx';
import css from './privacy-panel.module.css';

/** How much of the privacy budget is spent, and that training stops by itself at the end of it. */
export function PrivacyPanel() {
  const words = useWords();
  const { t, f } = words;
  const spend = useSession((view) => view?.spend ?? null);
  const config = useSession((view) => view?.config?.privacy ?? null);
  const run = useLive((state) => state.view);
  const limit = config?.epsilonBudget ?? run?.epsilonBudget ?? null;
  const noise = config?.noiseMultiplier ?? run?.noiseMultiplier ?? null;
  const delta = spend?.delta ?? config?.delta ?? run?.delta ?? null;
  if (limit === null || noise === null) {
    return <Panel title={t.privacy.title} face="loading" note={t.privacy.unknown} />;
  }
  const budget = budgetView(spend, limit, noise);
  return (
    <Panel
      title={t.privacy.title}
      face={FACES[budget.level]}
      aside={delta === null ? undefined : t.privacy.atDelta(f.scientific(delta))}
    >
      {budget.level === 'unlimited' ? null : (
        <div className={css['gauge']}>
          <p className={css['value']}>{t.privacy.value(budget.spent ?? 0, budget.limit)}</p>
          <meter
            className={css['meter']}
            aria-label={t.privacy.epsilon}
            min={0}
            max={budget.limit}
            high={budget.limit * 0.8}
            optimum={0}
            value={budget.spent ?? 0}
          >
            {f.percent(budget.share)}
          </meter>
        </div>
      )}
      <p className={css['sentence']}>{budgetSentence(budget, words)}</p>
      <p className={css['what']}>{t.privacy.what}</p>
    </Panel>
  );
}

const FACES: Readonly<Record<BudgetView['level'], Face>> = {
  ok: 'live',
  near: 'degraded',
  spent: 'failed',
  unlimited: 'degraded',
  unknown: 'empty',
};

function budgetSentence(budget: BudgetView, { t }: Words): string {
  switch (budget.level) {
    case 'spent':
      return t.privacy.spent;
    case 'unlimited':
      return t.privacy.unlimited;
    case 'unknown':
      return t.privacy.unknown;
    case 'near':
      return budget.roundsLeft === null ? t.privacy.near : `${t.privacy.left(budget.roundsLeft)} ${t.privacy.near}`;
    case 'ok':
      return budget.roundsLeft === null ? '' : t.privacy.left(budget.roundsLeft);
  }
}
