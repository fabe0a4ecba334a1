import { type KeyboardEvent, type ReactNode, useEffect, useId, useMemo, useRef, useState } from "react";
import { type Choice, found, sections } from "../state/choices";
import styles from "./picker.module.css";

interface Props {
  label: string;
  placeholder: string;
  choices: Choice[];
  /** Said below the list: still loading, or why it is short. */
  note?: ReactNode;
  /** Told what is typed, where more choices depend on it. */
  onType?: (typed: string) => void;
  onPick: () => void;
  /** Backspace in the empty field. */
  onBack?: () => void;
}

const most = 60;

/** A field and the choices that fit what is typed: ↑ ↓ move, Enter picks. The pattern of an ARIA combobox. */
export function Picker({ label, placeholder, choices, note, onType, onPick, onBack }: Props) {
  const id = useId();
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const groups = useMemo(() => sections(found(choices, typed).slice(0, most)), [choices, typed]);
  const shown = groups.flatMap((group) => group.choices);
  const active = Math.min(at, shown.length - 1);
  const idOf = (index: number) => `${id}-${index}`;
  useEffect(() => {
    list.current?.querySelector(`[id="${id}-${active}"]`)?.scrollIntoView({ block: "nearest" });
  }, [id, active]);
  const pick = (choice: Choice | undefined) => {
    if (!choice) return;
    onPick();
    choice.act();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (step !== undefined) setAt(Math.max(0, Math.min(shown.length - 1, active + step)));
    else if (event.key === "Enter") pick(shown[active]);
    else if (event.key === "Backspace" && typed === "" && onBack) onBack();
    else return;
    event.preventDefault();
  };
  return (
    <div className={styles.picker}>
      <input
        className={styles.field}
        // biome-ignore lint/a11y/noAutofocus: it opens in answer to a key or a click
        autoFocus
        data-autofocus
        type="text"
        role="combobox"
        aria-label={label}
        aria-expanded
        aria-controls={`${id}-list`}
        aria-activedescendant={shown.length > 0 ? idOf(active) : undefined}
        autoComplete="off"
        spellCheck={false}
        placeholder={placeholder}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          setAt(0);
          onType?.(event.currentTarget.value);
        }}
        onKeyDown={onKeyDown}
      />
      <div ref={list} id={`${id}-list`} role="listbox" aria-label={label} className={styles.list}>
        {groups.map(({ group, choices: members }) => (
          // biome-ignore lint/a11y/useSemanticElements: a fieldset is no part of a listbox
          <div key={group} role="group" {...(group ? { "aria-label": group } : {})}>
            {group && (
              <p className={styles.group} aria-hidden="true">
                {group}
              </p>
            )}
            {members.map((choice) => {
              const index = shown.indexOf(choice);
              return (
                // biome-ignore lint/a11y/useKeyWithClickEvents: keys act on the field
                <div
                  key={choice.key}
                  id={idOf(index)}
                  role="option"
                  tabIndex={-1}
                  aria-selected={index === active}
                  className={styles.option}
                  onPointerMove={() => setAt(index)}
                  onClick={() => pick(choice)}
                >
                  <span className={styles.label}>{choice.label}</span>
                  {choice.hint && <span className={styles.hint}>{choice.hint}</span>}
                </div>
              );
            })}
          </div>
        ))}
      </div>
      {(note || shown.length === 0) && <p className={styles.note}>{note ?? "Nothing fits."}</p>}
    </div>
  );
}
