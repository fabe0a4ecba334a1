import { type ReactNode, useId } from "react";
import styles from "./entry.module.css";
import form from "./form.module.css";

interface Props {
  label: string;
  help?: ReactNode;
  value: string;
  onChange: (value: string) => void;
  kind?: "text" | "number" | "long" | "choice" | "check" | "time";
  /** Of a choice: value and what it is called. */
  choices?: [string, string][];
  placeholder?: string | undefined;
  problem?: string | undefined;
  disabled?: boolean;
  autoFocus?: boolean;
}

/** One thing to be typed in a form: its name, what is accepted, and why it was not. */
export function Entry(props: Props) {
  const { label, help, value, onChange, kind = "text", choices = [], placeholder, problem } = props;
  const id = useId();
  const shared = {
    id,
    disabled: props.disabled,
    "aria-invalid": problem ? true : undefined,
    "aria-describedby": help || problem ? `${id}-help` : undefined,
  };
  return (
    <div className={styles.entry} data-kind={kind}>
      <label htmlFor={id}>{label}</label>
      {kind === "choice" ? (
        <select
          {...shared}
          className={form.input}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
        >
          {choices.map(([name, words]) => (
            <option key={name} value={name}>
              {words}
            </option>
          ))}
        </select>
      ) : kind === "check" ? (
        <input
          {...shared}
          type="checkbox"
          checked={value === "true"}
          onChange={(event) => onChange(String(event.currentTarget.checked))}
        />
      ) : kind === "long" ? (
        <textarea
          {...shared}
          className={form.input}
          rows={Math.min(6, Math.max(2, value.split("\n").length))}
          value={value}
          placeholder={placeholder}
          spellCheck={false}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      ) : (
        <input
          {...shared}
          className={form.input}
          type={kind === "time" ? "datetime-local" : "text"}
          inputMode={kind === "number" ? "decimal" : undefined}
          value={value}
          placeholder={placeholder}
          spellCheck={false}
          autoComplete="off"
          // biome-ignore lint/a11y/noAutofocus: it opens in answer to a click
          autoFocus={props.autoFocus}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )}
      {(help || problem) && (
        <div id={`${id}-help`} className={styles.below}>
          {problem && (
            <p className={form.problem} role="alert">
              {problem}
            </p>
          )}
          {help && <p className="quiet">{help}</p>}
        </div>
      )}
    </div>
  );
}
