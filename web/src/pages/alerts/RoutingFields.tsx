import { type ReactNode, useState } from "react";
import { type AlertField, alertFields, type Inhibition, type OwnPace, type Pace } from "../../api/routing";
import { duration, secondsOf } from "../../format";
import { listOf } from "../../state/routing";
import { Checks, Field } from "../../ui/Field";
import form from "../../ui/form.module.css";
import routing from "./routing.module.css";
import styles from "./rules.module.css";

export const fieldOptions = alertFields.map((value) => ({ value, label: value }));

/** Which alerts one side of an inhibition is about. */
export function SideFields({
  label,
  side,
  onChange,
}: {
  label: string;
  side: Inhibition["source"];
  onChange: (side: Inhibition["source"]) => void;
}) {
  const change = (name: AlertField, value: string) => {
    const { [name]: _, ...rest } = side;
    onChange(value.trim() === "" ? rest : { ...rest, [name]: value.trim() });
  };
  return (
    <fieldset className={routing.sideFields}>
      <legend>{label}</legend>
      {alertFields.map((name) => (
        <label key={name}>
          <span className="quiet">{name}</span>
          <input
            className={form.input}
            value={side[name] ?? ""}
            placeholder="any"
            onChange={(event) => change(name, event.currentTarget.value)}
          />
        </label>
      ))}
    </fieldset>
  );
}

/** What is typed with commas; the text stays as typed until the field is left. */
export function ListField({
  label,
  help,
  values,
  onChange,
}: {
  label: string;
  help: ReactNode;
  values: string[];
  onChange: (values: string[]) => void;
}) {
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <Field
      label={label}
      help={help}
      value={typed ?? values.join(", ")}
      onChange={(text) => {
        setTyped(text);
        onChange(listOf(text));
      }}
      onBlur={() => setTyped(null)}
    />
  );
}

export function SecondsField({
  label,
  help,
  seconds,
  placeholder,
  onChange,
}: {
  label: string;
  help?: string;
  seconds: number | undefined;
  placeholder?: string;
  /** Undefined when the field was emptied. */
  onChange: (seconds: number | undefined) => void;
}) {
  const [typed, setTyped] = useState<string | null>(null);
  const wrong = typed !== null && typed.trim() !== "" && secondsOf(typed) === null;
  return (
    <Field
      label={label}
      help={help}
      problem={wrong ? "A time, such as 30 s, 5 min or 4 h." : undefined}
      placeholder={placeholder}
      value={typed ?? (seconds === undefined ? "" : duration(seconds))}
      onChange={(text) => {
        setTyped(text);
        const read = secondsOf(text);
        if (read !== null) onChange(read);
        else if (text.trim() === "") onChange(undefined);
      }}
      onBlur={() => setTyped(null)}
    />
  );
}

const paces = [
  {
    name: "group_wait_seconds",
    label: "First message after",
    help: "So that what belongs together comes together.",
  },
  { name: "group_interval_seconds", label: "News at most every", help: "When more alerts join the group." },
  { name: "repeat_seconds", label: "Again after", help: "While it goes on and nobody acknowledges." },
] as const;

/** With `usual` an empty field means what the default says. */
export function PaceFields({
  pace,
  usual,
  onChange,
}: {
  pace: OwnPace;
  usual?: Pace;
  onChange: (part: OwnPace) => void;
}) {
  return (
    <>
      {paces.map(({ name, label, help }) => (
        <SecondsField
          key={name}
          label={label}
          help={help}
          seconds={pace[name] ?? undefined}
          {...(usual ? { placeholder: `${duration(usual[name])}, as the default` } : {})}
          onChange={(seconds) => {
            if (seconds !== undefined) onChange({ [name]: seconds });
            else if (usual) onChange({ [name]: null });
          }}
        />
      ))}
      <div className={styles.whole}>
        <Checks
          label={
            usual && !pace.group_by?.length
              ? `Alerts of the same … are one message (as the default)`
              : "Alerts of the same … are one message"
          }
          options={fieldOptions}
          chosen={pace.group_by ?? []}
          onChange={(chosen) =>
            onChange({ group_by: usual && chosen.length === 0 ? null : (chosen as AlertField[]) })
          }
        />
      </div>
    </>
  );
}
