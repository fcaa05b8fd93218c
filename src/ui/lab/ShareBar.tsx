import css from './results.module.css';

/** A bar of the row's `--share`, coloured by the row's `--hue` where it has a phase, and the number beside it. */
export function ShareBar(props: { readonly phased?: boolean; readonly text: string }) {
  return (
    <div className={css['probability']}>
      <span className={css['bar']} aria-hidden="true">
        <span className={props.phased === true ? css['phased'] : css['plain']} />
      </span>
      <span className="num">{props.text}</span>
    </div>
  );
}
