import type { ReactNode } from 'react';
import { useWords } from '../strings/language.tsx';
import css from './left-panel.module.css';

/** Four small pictures of how an update is made; the words under each say the same. */
export function MadeStrip() {
  const { t } = useWords();
  const pictures = [<Read key="read" />, <Clip key="clip" />, <Noise key="noise" />, <Seal key="seal" />];
  return (
    <ol className={css['strip']}>
      {t.left.strip.map((panel, index) => (
        <li key={panel.title}>
          {pictures[index]}
          <h3>
            {index + 1}. {panel.title}
          </h3>
          <p>{panel.text}</p>
        </li>
      ))}
    </ol>
  );
}

function Picture(props: { readonly children: ReactNode }) {
  return (
    <svg
      viewBox="0 0 120 64"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      strokeWidth="2.5"
      strokeLinecap="round"
    >
      {props.children}
    </svg>
  );
}

/** Lines of text inside a tab. */
function Read() {
  return (
    <Picture>
      <path d="M34 14h18l4 6h30v32H34Z" strokeLinejoin="round" />
      <path d="M42 30h36M42 37h28M42 44h33" opacity="0.6" />
    </Picture>
  );
}

/** Arrows of many lengths, all cut at one circle. */
function Clip() {
  return (
    <Picture>
      <circle cx="60" cy="32" r="20" strokeDasharray="3 5" />
      <path d="M60 32 80 32M60 32 48 16M60 32 52 40M60 32 71 48.7" />
      <path d="M80 32h18M48 16 42 8" opacity="0.3" />
    </Picture>
  );
}

/** A clean bar chart with jitter on top of it. */
function Noise() {
  return (
    <Picture>
      <path d="M24 46 34 30 44 40 54 22 64 36 74 26 84 42 96 30" strokeLinejoin="round" />
      <path d="M24 40v12M34 22v14M44 34v14M54 14v14M64 30v14M74 18v14M84 36v14M96 22v14" opacity="0.35" />
    </Picture>
  );
}

/** A closed box on its way out. */
function Seal() {
  return (
    <Picture>
      <path d="M30 28h28v22H30ZM36 28v-5a8 8 0 0 1 16 0v5" strokeLinejoin="round" />
      <path d="M68 39h26M86 31l8 8-8 8" strokeLinejoin="round" />
    </Picture>
  );
}
