import { useEffect, useId, useRef, useState, type RefObject } from 'react';
import { gridOf } from '../../app/lab/edit.ts';
import { gridRefusal } from '../../app/lab/grid.ts';
import { bitName } from '../../app/lab/registers.ts';
import { Panel } from '../primitives/Panel.tsx';
import { useLabWords } from '../strings/lab-language.tsx';
import { CELL } from './CircuitDrawing.tsx';
import { CircuitGrid, DragGhost } from './CircuitGrid.tsx';
import { CircuitTools } from './CircuitTools.tsx';
import { GateDialog } from './GateDialog.tsx';
import { useLabState } from './lab-context.ts';
import { Palette } from './Palette.tsx';
import { ParameterSliders } from './ParameterSliders.tsx';
import { StepBar } from './StepBar.tsx';
import { useCircuitEditor, type CircuitEditor } from './use-circuit-editor.ts';
import { useGateDrag } from './use-gate-drag.ts';
import css from './circuit-panel.module.css';

/** The circuit as a picture that can be edited, its parameters, and the way through it. */
export function CircuitPanel() {
  const { t } = useLabWords();
  const ready = useLabState((state) => state.ready);
  const draft = useLabState((state) => state.draft);
  const broken = useLabState((state) => state.textFailure !== null);
  const count = draft?.circuit.operations.length ?? 0;
  const refusal = draft === null ? null : gridRefusal(draft.circuit, () => gridOf(draft));
  const face = !ready ? 'loading' : broken ? 'stale' : 'live';
  const first = draft === null ? t.circuit.refusals['text-broken']() : t.circuit.broken;
  const note = refusal === null ? (broken ? first : null) : t.circuit.tooLarge[refusal](count);
  return (
    <Panel
      title={t.circuit.title}
      face={face}
      note={note}
      aside={
        <div className={css['head']}>
          {draft === null ? null : <span>{t.circuit.summary(draft.circuit.qubits, count)}</span>}
          <CircuitTools />
        </div>
      }
    >
      {refusal === null && !(broken && draft === null) ? <Editor /> : null}
      <ParameterSliders />
      <StepBar />
    </Panel>
  );
}

function Editor() {
  const { t } = useLabWords();
  const step = useLabState((state) => state.step);
  const helpId = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const room = useRoom(scroller);
  const editor = useCircuitEditor(room);
  const gateDrag = useGateDrag(editor.drop);
  return (
    <>
      <Palette gateDrag={gateDrag} onPlace={editor.place} />
      <div className={css['scroller']} ref={scroller}>
        {editor.grid.qubits === 0 ? (
          <p className={css['none']}>{t.circuit.none}</p>
        ) : (
          <CircuitGrid
            draft={editor.draft}
            grid={editor.grid}
            columns={editor.columns}
            step={step}
            cursor={editor.cursor}
            focusWish={editor.focusWish}
            gateDrag={gateDrag}
            helpId={helpId}
            onCommand={(command) => editor.run(command, true)}
            onCursor={editor.setCursor}
          />
        )}
      </div>
      <CursorBar editor={editor} />
      <details className={css['help']}>
        <summary>{t.circuit.keys}</summary>
        <p id={helpId}>{t.circuit.gridHelp}</p>
        <p>{t.circuit.paletteHint}</p>
        <p>{t.circuit.undo}</p>
      </details>
      <p className="visually-hidden" role="status" aria-live="polite">
        {editor.said}
      </p>
      <DragGhost drag={gateDrag.drag} />
      {editor.editing === null ? null : (
        <GateDialog
          key={editor.editing.index}
          operation={editor.editing.operation}
          circuit={editor.draft.circuit}
          onApply={editor.apply}
          onClose={editor.close}
        />
      )}
    </>
  );
}

/** What stands at the cursor, and everything that keys do, as buttons: for fingers. */
function CursorBar({ editor }: { readonly editor: CircuitEditor }) {
  const { t } = useLabWords();
  const { cursor, here } = editor;
  const { circuit } = editor.draft;
  const name = bitName(circuit.quantumRegisters, cursor.row);
  const move = (row: number, column: number) => (): void =>
    editor.run({ kind: 'move', to: { row: cursor.row + row, column: cursor.column + column } }, false);
  const arrows = [
    [t.circuit.moveLeft, '←', move(0, -1)],
    [t.circuit.moveUp, '↑', move(-1, 0)],
    [t.circuit.moveDown, '↓', move(1, 0)],
    [t.circuit.moveRight, '→', move(0, 1)],
  ] as const;
  return (
    <div className={css['cursorBar']}>
      <p className={css['where']}>
        <span>{t.circuit.cursor(name, cursor.column)}</span>
        <strong>{editor.hereWords}</strong>
      </p>
      <div className={css['buttons']}>
        <button
          type="button"
          className="button button-small"
          disabled={here === null}
          onClick={() => editor.run({ kind: 'properties' }, false)}
        >
          {t.circuit.edit}
        </button>
        <button
          type="button"
          className="button button-small"
          disabled={here === null}
          onClick={() => editor.run({ kind: 'remove' }, false)}
        >
          {t.circuit.remove}
        </button>
        {arrows.map(([label, arrow, onClick]) => (
          <button
            key={arrow}
            type="button"
            className={`button button-small ${css['arrow'] ?? ''}`}
            aria-label={label}
            title={label}
            disabled={here === null}
            onClick={onClick}
          >
            {arrow}
          </button>
        ))}
      </div>
      <div className={css['buttons']}>
        <button type="button" className="button button-small" onClick={() => editor.run({ kind: 'add-qubit' }, false)}>
          {t.circuit.addQubit}
        </button>
        <button
          type="button"
          className="button button-small"
          disabled={circuit.qubits <= 1}
          onClick={editor.removeQubit}
        >
          {t.circuit.removeQubit(name)}
        </button>
      </div>
    </div>
  );
}

/** The name of a qubit takes this much of a row. */
const NAME_PX = 68;

/** How many columns fill the panel: the wires run through to its end. */
function useRoom(element: RefObject<HTMLElement | null>): number {
  const [room, setRoom] = useState(6);
  useEffect(() => {
    const node = element.current;
    if (node === null) return;
    const observer = new ResizeObserver(() => setRoom(Math.max(4, Math.floor((node.clientWidth - NAME_PX) / CELL))));
    observer.observe(node);
    return () => observer.disconnect();
  }, [element]);
  return room;
}
