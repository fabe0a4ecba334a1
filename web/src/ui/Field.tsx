import { type ReactNode, useId } from "react";
import styles from "./field.module.css";
import form from "./form.module.css";

interface Props {
  label: string;
  help?: ReactNode;
  problem?: string | undefined;
  /** Why it can't be changed. */
  fixed?: string | undefined;
  wide?: boolean;
  children: (attributes: {
    id: string;
    "aria-describedby": string | undefined;
    "aria-invalid": true | undefined;
    disabled: boolean;
  }) => ReactNode;
}

/** A label, its control, what it means, and what is wrong with it. */
export function Field({ label, help, problem, fixed, wide, children }: Props) {
  const id = useId();
  const said = help !== undefined || problem !== undefined || fixed !== undefined;
  return (
    <div className={styles.field} data-wide={wide || undefined}>
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        "aria-describedby": said ? `${id}-said` : undefined,
        "aria-invalid": problem ? true : undefined,
        disabled: fixed !== undefined,
      })}
      {said && (
        <div id={`${id}-said`}>
          {problem && <p className={form.problem}>{problem}</p>}
          {fixed && <p className={styles.fixed}>{fixed}</p>}
          {help && <p className="quiet">{help}</p>}
        </div>
      )}
    </div>
  );
}

interface ChoiceProps<Value extends string> {
  label: string;
  options: readonly { value: Value; label: string; title?: string }[];
  value: Value;
  disabled?: boolean;
  onChange: (value: Value) => void;
}

/** A few choices side by side, one of them pressed. */
export function Choice<Value extends string>({
  label,
  options,
  value,
  disabled = false,
  onChange,
}: ChoiceProps<Value>) {
  return (
    <fieldset className={styles.choice}>
      <legend className="visually-hidden">{label}</legend>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          className={form.button}
          aria-pressed={option.value === value}
          disabled={disabled}
          title={option.title}
          onClick={() => onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </fieldset>
  );
}

interface ChecksProps {
  label: string;
  options: { value: string; label: string }[];
  chosen: string[];
  onChange: (chosen: string[]) => void;
  /** Said when there is nothing to choose from. */
  none?: ReactNode;
}

/** Any of a few; the order is that of the options. */
export function Checks({ label, options, chosen, onChange, none }: ChecksProps) {
  const known = options.map(({ value }) => value);
  const gone = chosen.filter((value) => !known.includes(value));
  const all = [...options, ...gone.map((value) => ({ value, label: `${value} (missing)` }))];
  return (
    <fieldset className={styles.checks}>
      <legend>{label}</legend>
      {all.length === 0 && <span className="quiet">{none}</span>}
      {all.map(({ value, label: word }) => (
        <label key={value}>
          <input
            type="checkbox"
            checked={chosen.includes(value)}
            onChange={() =>
              onChange(
                all
                  .map((option) => option.value)
                  .filter((one) => (one === value ? !chosen.includes(one) : chosen.includes(one))),
              )
            }
          />
          {word}
        </label>
      ))}
    </fieldset>
  );
}
