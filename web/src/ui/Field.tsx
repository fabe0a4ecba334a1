import { type InputHTMLAttributes, type ReactNode, useId } from "react";
import styles from "./field.module.css";
import form from "./form.module.css";

/** What the browser's own controls are told without more ado. */
type Native = Pick<
  InputHTMLAttributes<HTMLInputElement>,
  "autoFocus" | "inputMode" | "list" | "maxLength" | "min" | "onBlur" | "placeholder" | "required"
>;

interface Props<Value extends string> extends Native {
  label: string;
  help?: ReactNode;
  value: Value;
  onChange: (value: Value) => void;
  /** `prose` is many lines of words, `code` many lines of anything else. */
  kind?: keyof typeof inputTypes | "prose" | "code" | "choice" | "check";
  /** Of a choice: value and what it is called. */
  choices?: readonly (readonly [Value, string])[];
  problem?: string | undefined;
  /** Why it can't be changed. */
  fixed?: string | undefined;
  disabled?: boolean;
  /** As wide as the form. */
  wide?: boolean;
  /** Where the focus goes when what the form stands in opens. */
  first?: boolean;
}

const inputTypes = { text: "text", number: "text", time: "datetime-local", secret: "password" };

/** A label, the browser's own control, what it means, and what is wrong with it. */
export function Field<Value extends string = string>({
  label,
  help,
  value,
  onChange,
  kind = "text",
  choices,
  problem,
  fixed,
  disabled = false,
  wide = false,
  first = false,
  ...native
}: Props<Value>) {
  const id = useId();
  const said = help || problem || fixed;
  const control = {
    id,
    className: form.input,
    disabled: disabled || fixed !== undefined,
    "aria-describedby": said ? `${id}-said` : undefined,
    "aria-invalid": problem ? true : undefined,
    "data-autofocus": first || undefined,
  };
  const typed = {
    ...control,
    value,
    onChange: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value as Value),
  };
  const drawn = () => {
    switch (kind) {
      case "choice":
        return (
          <select {...typed}>
            {choices?.map(([name, words]) => (
              <option key={name} value={name}>
                {words}
              </option>
            ))}
          </select>
        );
      case "check":
        return (
          <input
            {...control}
            className={undefined}
            type="checkbox"
            checked={value === "true"}
            onChange={(event) => onChange(String(event.currentTarget.checked) as Value)}
          />
        );
      case "prose":
      case "code":
        return (
          <textarea
            {...typed}
            className={`${form.input} ${styles[kind]}`}
            rows={kind === "code" ? Math.min(6, Math.max(2, value.split("\n").length)) : undefined}
            spellCheck={kind === "prose"}
            placeholder={native.placeholder}
            maxLength={native.maxLength}
          />
        );
      default:
        return (
          <input
            inputMode={kind === "number" ? "decimal" : undefined}
            {...native}
            {...typed}
            type={inputTypes[kind]}
            autoComplete={kind === "secret" ? "new-password" : "off"}
            spellCheck={false}
          />
        );
    }
  };
  return (
    <div className={styles.field} data-kind={kind} data-wide={wide || undefined}>
      <label htmlFor={id}>{label}</label>
      {drawn()}
      {said && (
        <div id={`${id}-said`} className={styles.said}>
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
