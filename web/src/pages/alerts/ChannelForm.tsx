import { type FormEvent, useState } from "react";
import {
  type Channel,
  type ChannelField,
  type ChannelKind,
  type KindOfChannel,
  useCreateChannel,
  useStoreChannel,
} from "../../api/channels";
import { Problem } from "../../api/client";
import { isSecret, kindWords, missingFields, settingsOf, type Typed, typedOf } from "../../state/channel";
import { Card } from "../../ui/Card";
import { Field } from "../../ui/Field";
import form from "../../ui/form.module.css";
import { BackIcon } from "../../ui/icons";
import { Refused } from "../../ui/Refused";
import page from "../pages.module.css";
import styles from "./rules.module.css";

interface Props {
  /** Null for a new one. */
  channel: Channel | null;
  channels: Channel[];
  kinds: KindOfChannel[];
  onDone: () => void;
}

/** Drawn from what the server says a kind needs. Secrets go in and never come out. */
export function ChannelForm({ channel, channels, kinds, onDone }: Props) {
  const [kind, setKind] = useState<ChannelKind>(channel?.kind ?? kinds[0]?.kind ?? "email");
  const about = kinds.find((one) => one.kind === kind);
  const fields = about?.fields ?? [];
  const [name, setName] = useState(channel?.name ?? "");
  const [typed, setTyped] = useState<Typed>(() => typedOf(fields, channel));
  const [fallback, setFallback] = useState(channel?.fallback ?? "");
  const [tried, setTried] = useState(false);
  const create = useCreateChannel();
  const store = useStoreChannel(channel?.name ?? "");
  const saving = channel ? store : create;
  const missing = missingFields(fields, typed, channel);
  const refused = refusals(saving.error);
  const fixed = channel?.fixed_by ? `Fixed by ${channel.fixed_by}.` : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (missing.length > 0 || name.trim() === "") return;
    const settings = settingsOf(fields, typed);
    const rest = { fallback: fallback || null, enabled: channel?.enabled ?? true };
    if (!channel) create.mutate({ name: name.trim(), kind, settings, ...rest }, { onSuccess: onDone });
    else store.mutate(channel.fixed_by ? rest : { settings, ...rest }, { onSuccess: onDone });
  };
  const others = channels.filter((one) => one.name !== channel?.name);
  return (
    <div className={page.column}>
      <p>
        <button type="button" className={form.button} onClick={onDone}>
          <BackIcon size={14} /> All channels
        </button>
      </p>
      <div className={styles.below}>
        <Card
          title={channel ? channel.name : "New channel"}
          subtitle={channel ? kindWords[channel.kind] : "Where messages go. Send a test once it is stored."}
        >
          <form className={styles.form} onSubmit={submit} noValidate>
            {fixed && (
              <p className={styles.fixed}>{fixed} Only who stands in when it fails can be changed here.</p>
            )}
            <div className={styles.fields}>
              {!channel && (
                <>
                  <Field
                    label="Kind"
                    help={about?.help}
                    kind="choice"
                    choices={kinds.map((one) => [one.kind, one.label])}
                    value={kind}
                    onChange={(next) => {
                      setKind(next);
                      setTyped(typedOf(kinds.find((one) => one.kind === next)?.fields ?? [], null));
                      setTried(false);
                    }}
                  />
                  <Field
                    label="Name"
                    help="Routes name it."
                    problem={tried && name.trim() === "" ? "Give it a name." : refused.get("name")}
                    placeholder="on-call"
                    value={name}
                    onChange={setName}
                  />
                </>
              )}
              {fields.map((field) => (
                <Setting
                  key={`${kind} ${field.name}`}
                  field={field}
                  stored={channel?.settings[field.name]}
                  value={typed[field.name] ?? ""}
                  fixed={fixed}
                  problem={
                    refused.get(field.name) ??
                    (tried && missing.includes(field.label) ? "It is needed." : undefined)
                  }
                  onChange={(value) => setTyped({ ...typed, [field.name]: value })}
                />
              ))}
              <Field
                label="If it fails"
                help="Who is told instead when this channel gives up."
                kind="choice"
                choices={[["", "nobody else"], ...others.map((one) => [one.name, one.name] as const)]}
                value={fallback}
                onChange={setFallback}
              />
            </div>
            <Refused what="The channel was not stored." error={saving.error} />
            {tried && missing.length > 0 && (
              <p className={form.problem} role="alert">
                Still needed: {missing.join(", ")}.
              </p>
            )}
            <div className={styles.buttons}>
              <button type="submit" className={form.primary} disabled={saving.isPending}>
                {channel ? "Store" : "Add"}
              </button>
              <button type="button" className={form.button} onClick={onDone}>
                Cancel
              </button>
            </div>
          </form>
        </Card>
      </div>
    </div>
  );
}

/** What the server refused, by the setting's own name. */
function refusals(error: Error | null): Map<string, string> {
  const errors = error instanceof Problem ? (error.details.errors ?? []) : [];
  return new Map(
    errors.map(({ field, accepted }) => [field.replace(/^.*\./, ""), `Accepted: ${String(accepted)}`]),
  );
}

interface SettingProps {
  field: ChannelField;
  stored: Channel["settings"][string] | undefined;
  value: string | boolean;
  fixed: string | undefined;
  problem: string | undefined;
  onChange: (value: string | boolean) => void;
}

function Setting({ field, stored, value, fixed, problem, onChange }: SettingProps) {
  const secret = field.is_secret || isSecret(stored);
  const kept = isSecret(stored) && stored.is_set;
  const elsewhere = isSecret(stored) && stored.is_set && stored.from !== null && stored.from !== "database";
  const help = [
    field.help,
    kept && !elsewhere ? "One is stored; it is never shown. Leave this empty to keep it." : "",
    field.kind === "list" ? "Several with commas." : "",
    secret ? "Instead of the secret itself: env:NAME or file:/path." : "",
  ]
    .filter(Boolean)
    .join(" ");
  const held = elsewhere ? `It comes from the ${stored.from}.` : fixed;
  return (
    <Field
      label={field.required ? field.label : `${field.label} (may stay empty)`}
      help={help || undefined}
      problem={problem}
      fixed={held}
      wide={field.kind === "url" || field.kind === "list"}
      {...(typeof value === "boolean"
        ? {
            kind: "choice",
            choices: yesOrNo,
            value: value ? "yes" : "no",
            onChange: (typed) => onChange(typed === "yes"),
          }
        : field.choices
          ? { kind: "choice", choices: choicesOf(field.choices, value), value, onChange }
          : {
              kind: secret ? "secret" : "text",
              inputMode: field.kind === "number" ? "decimal" : field.kind === "url" ? "url" : "text",
              placeholder: kept ? "••••••••" : "",
              value,
              onChange,
            })}
    />
  );
}

const yesOrNo = [
  ["yes", "yes"],
  ["no", "no"],
] as const;

/** What is stored stays a choice, even when it is none of them. */
function choicesOf(choices: string[], value: string): [string, string][] {
  const all = choices.includes(value) ? choices : [value, ...choices];
  return all.map((one) => [one, one || "choose one"]);
}
