import { type FormEvent, type ReactNode, useState } from "react";
import { type Setting, type SettingValue, useStoreSetting } from "../api/settings";
import { fullTime } from "../format";
import list from "../pages/settings.module.css";
import { useZone } from "../state/zone";
import form from "./form.module.css";
import { Refused } from "./Refused";
import states from "./states.module.css";

const sources: Record<Setting["source"], string> = {
  default: "default",
  stored: "set here",
  file: "from the file",
  environment: "from the environment",
};

/** One setting: what it is, its value, where that comes from, and a form when it may be changed. */
export function SettingRow({ setting }: { setting: Setting }) {
  const zone = useZone();
  const [editing, setEditing] = useState(false);
  const { name, description, unit, source, where, is_fixed, is_editable, why_not, updated_at, updated_by } =
    setting;
  const origin =
    where ??
    (source === "stored" && updated_at ? `by ${updated_by ?? "owner"}, ${fullTime(updated_at, zone)}` : null);
  return (
    <li className={list.setting}>
      <div className={list.what}>
        <code>{name}</code>
        <p>{description}</p>
      </div>
      <div className={list.value}>
        {editing ? (
          <Edit setting={setting} onDone={() => setEditing(false)} />
        ) : (
          <>
            <p className={list.now}>
              <strong>{written(setting.value, unit)}</strong>
              {unit && !setting.is_secret && <span className="quiet"> {unit}</span>}
            </p>
            <p className={list.origin}>
              <span className={list.source} data-source={source}>
                {sources[source]}
              </span>
              {origin && <span>{origin}</span>}
              {source !== "default" && !setting.is_secret && (
                <span>default {written(setting.default, unit)}</span>
              )}
            </p>
            {is_editable ? (
              <p className={list.actions}>
                <button
                  type="button"
                  className={form.button}
                  onClick={() => setEditing(true)}
                  aria-label={`Change ${name}`}
                >
                  Change
                </button>
                {source === "stored" && <Back name={name} />}
              </p>
            ) : (
              (is_fixed || why_not) && (
                <p className="quiet" title={why_not ?? undefined}>
                  {is_fixed ? (
                    `Fixed by ${where ?? sources[source]}.`
                  ) : (
                    <>At the start: {variableIn(why_not)}</>
                  )}
                </p>
              )
            )}
          </>
        )}
      </div>
    </li>
  );
}

/** The variable that a reason names. */
function variableIn(reason: string | null): ReactNode {
  const variable = reason?.match(/VERASCOPE_[A-Z_]+/)?.[0];
  return variable ? <code>{variable}</code> : reason;
}

function Back({ name }: { name: string }) {
  const store = useStoreSetting(name);
  return (
    <>
      <button
        type="button"
        className={states.plainButton}
        onClick={() => store.mutate(undefined)}
        disabled={store.isPending}
      >
        Back to the default
      </button>
      {store.error && (
        <span className={form.problem} role="alert">
          {store.error.message}
        </span>
      )}
    </>
  );
}

function Edit({ setting, onDone }: { setting: Setting; onDone: () => void }) {
  const [text, setText] = useState(String(setting.value ?? ""));
  const store = useStoreSetting(setting.name);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    store.mutate(asTyped(setting, text), { onSuccess: onDone });
  };
  return (
    <form onSubmit={submit} className={list.edit} noValidate>
      <div>
        {setting.choices ? (
          <select
            className={form.input}
            aria-label={setting.name}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          >
            {setting.choices.map((choice) => (
              <option key={choice}>{choice}</option>
            ))}
          </select>
        ) : (
          <input
            className={form.input}
            // biome-ignore lint/a11y/noAutofocus: it opens in answer to a click
            autoFocus
            aria-label={setting.name}
            value={text}
            aria-invalid={store.error ? true : undefined}
            inputMode={setting.type === "text" || setting.type === "list" ? "text" : "decimal"}
            onChange={(event) => setText(event.currentTarget.value)}
            onKeyDown={(event) => event.key === "Escape" && onDone()}
          />
        )}
        {setting.unit && <span className="quiet"> {setting.unit}</span>}
      </div>
      {setting.accepted && <p className="quiet">{setting.accepted}</p>}
      <Refused error={store.error} />
      <p className={list.actions}>
        <button type="submit" className={form.primary} disabled={store.isPending}>
          Store
        </button>
        <button type="button" className={form.button} onClick={onDone}>
          Cancel
        </button>
      </p>
    </form>
  );
}

/** What was typed as the setting's type; text that is no number is sent as it stands, and the server says why not. */
function asTyped({ type }: Setting, text: string): SettingValue {
  const trimmed = text.trim();
  if (type === "list")
    return trimmed
      .split(",")
      .map((part) => part.trim())
      .filter(Boolean);
  if ((type === "integer" || type === "number") && trimmed !== "" && Number.isFinite(Number(trimmed))) {
    return Number(trimmed);
  }
  return trimmed;
}

const integerOrNot = new Intl.NumberFormat("en", { maximumFractionDigits: 6 });

/** Amounts in groups of three digits; what has no unit, such as a port, names something and is written as it stands. */
function written(value: SettingValue, unit: string | null): string {
  if (value === null || value === "") return "not set";
  if (unit && typeof value === "number") return integerOrNot.format(value);
  // Money is exact text.
  if (unit && typeof value === "string")
    return value.replace(/^\d+/, (whole) => integerOrNot.format(BigInt(whole)));
  if (Array.isArray(value)) return value.length > 0 ? value.join(", ") : "none";
  return String(value);
}
