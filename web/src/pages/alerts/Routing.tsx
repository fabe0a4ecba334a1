import { type FormEvent, type ReactNode, useState } from "react";
import { useChannels } from "../../api/channels";
import {
  type AlertField,
  alertFields,
  type Inhibition,
  type OwnPace,
  type Pace,
  type Route,
  type Routing as RoutingText,
  usePreviewRouting,
  useRouting,
  useStoreRouting,
} from "../../api/routing";
import { useRules } from "../../api/rules";
import { duration, secondsOf } from "../../format";
import { everyChannel, listOf, matchWords, missingChannels, moved } from "../../state/routing";
import { Card } from "../../ui/Card";
import { Checks, Field } from "../../ui/Field";
import form from "../../ui/form.module.css";
import { DownIcon, PlusIcon, UpIcon } from "../../ui/icons";
import { Refused } from "../../ui/Refused";
import { severityChoices } from "../../ui/Severity";
import { Failed, loadingOf, Skeleton } from "../../ui/states";
import list from "../list.module.css";
import routing from "./routing.module.css";
import styles from "./rules.module.css";

const fieldOptions = alertFields.map((value) => ({ value, label: value }));
const severityOptions = severityChoices.map(([value, label]) => ({ value, label }));

/** Who hears about what, how soon, and how often again. */
export function Routing() {
  const query = useRouting();
  const loading = loadingOf(query);
  if (loading.pending) return <Skeleton height={480} />;
  if (loading.error) return <Failed what="The routing" error={loading.error} retry={loading.retry} />;
  return query.data ? <Editor stored={query.data} /> : null;
}

function Editor({ stored }: { stored: RoutingText }) {
  const [draft, setDraft] = useState(stored);
  const [based, setBased] = useState(stored);
  const channels = useChannels();
  const store = useStoreRouting();
  const dirty = JSON.stringify(draft) !== JSON.stringify(based);
  // Somebody else's change is taken over as long as nothing is being changed here.
  if (stored !== based && !dirty) {
    setBased(stored);
    setDraft(stored);
  }
  const names = channels.data?.items.map(({ name }) => name) ?? [];
  const options = [
    { value: everyChannel, label: "every channel that is on" },
    ...names.map((value) => ({ value, label: value })),
  ];
  const missing = channels.data ? missingChannels(draft, names) : [];
  const set = (part: Partial<RoutingText>) => setDraft({ ...draft, ...part });
  const setRoute = (at: number, part: Partial<Route>) =>
    set({ routes: draft.routes.map((route, index) => (index === at ? { ...route, ...part } : route)) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    store.mutate(draft, {
      onSuccess: (next) => {
        setBased(next);
        setDraft(next);
      },
    });
  };
  return (
    <div className={routing.page}>
      <form className={list.stack} onSubmit={submit} noValidate>
        <Card title="Default" subtitle="Every alert that no route below takes">
          <div className={styles.form}>
            <Checks
              label="Told through"
              options={options}
              chosen={draft.default.channels}
              onChange={(chosen) => set({ default: { ...draft.default, channels: chosen } })}
              none="There is no channel yet; add one on the tab Channels."
            />
            <div className={styles.fields}>
              <PaceFields
                pace={draft.default}
                onChange={(part) => set({ default: { ...draft.default, ...part } as RoutingText["default"] })}
              />
            </div>
          </div>
        </Card>
        <Card
          title="Routes"
          subtitle="Asked from the top; the first that fits takes the alert"
          actions={
            <button
              type="button"
              className={form.button}
              onClick={() =>
                set({
                  routes: [
                    ...draft.routes,
                    { match: { severity: [], group: [], rule: [] }, channels: [], continue: false },
                  ],
                })
              }
            >
              <PlusIcon size={14} /> Route
            </button>
          }
        >
          {draft.routes.length === 0 && (
            <p className="quiet">
              None: the default hears about everything. A route sends some alerts elsewhere.
            </p>
          )}
          <ol className={routing.routes}>
            {draft.routes.map((route, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a route is what stands at its place
              <li key={at} className={routing.route}>
                <header>
                  <h3>
                    {at + 1}. {matchWords(route)}
                  </h3>
                  <span className={styles.buttons}>
                    <button
                      type="button"
                      className={form.button}
                      aria-label={`Move route ${at + 1} up`}
                      disabled={at === 0}
                      onClick={() => set({ routes: moved(draft.routes, at, -1) })}
                    >
                      <UpIcon size={14} />
                    </button>
                    <button
                      type="button"
                      className={form.button}
                      aria-label={`Move route ${at + 1} down`}
                      disabled={at === draft.routes.length - 1}
                      onClick={() => set({ routes: moved(draft.routes, at, 1) })}
                    >
                      <DownIcon size={14} />
                    </button>
                    <Take
                      label={`Remove route ${at + 1}`}
                      onTake={() => set({ routes: without(draft.routes, at) })}
                    />
                  </span>
                </header>
                <Checks
                  label="Severity"
                  options={severityOptions}
                  chosen={route.match.severity ?? []}
                  onChange={(chosen) =>
                    setRoute(at, {
                      match: { ...route.match, severity: chosen as NonNullable<Route["match"]["severity"]> },
                    })
                  }
                />
                <div className={styles.fields}>
                  <ListField
                    label="Groups"
                    help="With commas; empty: any."
                    values={route.match.group ?? []}
                    onChange={(group) => setRoute(at, { match: { ...route.match, group } })}
                  />
                  <ListField
                    label="Rules"
                    help="By name, with commas; empty: any."
                    values={route.match.rule ?? []}
                    onChange={(rule) => setRoute(at, { match: { ...route.match, rule } })}
                  />
                </div>
                <Checks
                  label="Told through"
                  options={options}
                  chosen={route.channels}
                  onChange={(chosen) => setRoute(at, { channels: chosen })}
                  none="There is no channel yet."
                />
                <label className={routing.check}>
                  <input
                    type="checkbox"
                    checked={route.continue}
                    onChange={() => setRoute(at, { continue: !route.continue })}
                  />
                  Ask the routes below too
                </label>
                <details className={routing.more}>
                  <summary>Its own waiting times</summary>
                  <div className={styles.fields}>
                    <PaceFields pace={route} usual={draft.default} onChange={(part) => setRoute(at, part)} />
                  </div>
                </details>
              </li>
            ))}
          </ol>
        </Card>
        <Card
          title="Escalation"
          subtitle="Who is told in addition while nobody acknowledges"
          actions={
            <button
              type="button"
              className={form.button}
              onClick={() =>
                set({
                  escalation: [
                    ...draft.escalation,
                    { after_seconds: 900, severity: ["critical"], channels: [] },
                  ],
                })
              }
            >
              <PlusIcon size={14} /> Step
            </button>
          }
        >
          {draft.escalation.length === 0 && (
            <p className="quiet">None: an alert that nobody acknowledges is only repeated.</p>
          )}
          <ol className={routing.routes}>
            {draft.escalation.map((step, at) => {
              const change = (part: Partial<typeof step>) =>
                set({
                  escalation: draft.escalation.map((one, index) =>
                    index === at ? { ...one, ...part } : one,
                  ),
                });
              return (
                // biome-ignore lint/suspicious/noArrayIndexKey: a step is what stands at its place
                <li key={at} className={routing.route}>
                  <header>
                    <h3>After {duration(step.after_seconds)}</h3>
                    <Take
                      label={`Remove step ${at + 1}`}
                      onTake={() => set({ escalation: without(draft.escalation, at) })}
                    />
                  </header>
                  <div className={styles.fields}>
                    <SecondsField
                      label="After"
                      seconds={step.after_seconds}
                      onChange={(seconds) => change({ after_seconds: seconds ?? step.after_seconds })}
                    />
                  </div>
                  <Checks
                    label="Severity"
                    options={severityOptions}
                    chosen={step.severity}
                    onChange={(chosen) => change({ severity: chosen as typeof step.severity })}
                  />
                  <Checks
                    label="Told through"
                    options={options}
                    chosen={step.channels}
                    onChange={(chosen) => change({ channels: chosen })}
                    none="There is no channel yet."
                  />
                </li>
              );
            })}
          </ol>
        </Card>
        <Card
          title="Held back"
          subtitle="While one alert fires, those that follow from it are not told"
          actions={
            <button
              type="button"
              className={form.button}
              onClick={() =>
                set({
                  inhibit: [
                    ...draft.inhibit,
                    { source: { severity: "critical" }, target: { severity: "warning" }, equal: ["subject"] },
                  ],
                })
              }
            >
              <PlusIcon size={14} /> Line
            </button>
          }
        >
          {draft.inhibit.length === 0 && <p className="quiet">None: every alert is told for itself.</p>}
          <ol className={routing.routes}>
            {draft.inhibit.map((one, at) => {
              const change = (part: Partial<Inhibition>) =>
                set({
                  inhibit: draft.inhibit.map((other, index) =>
                    index === at ? { ...other, ...part } : other,
                  ),
                });
              return (
                // biome-ignore lint/suspicious/noArrayIndexKey: a line is what stands at its place
                <li key={at} className={routing.route}>
                  <header>
                    <h3>
                      {sideWords(one.source)} holds back {sideWords(one.target)}
                    </h3>
                    <Take
                      label={`Remove line ${at + 1}`}
                      onTake={() => set({ inhibit: without(draft.inhibit, at) })}
                    />
                  </header>
                  <div className={styles.fields}>
                    <SideFields label="While" side={one.source} onChange={(source) => change({ source })} />
                    <SideFields
                      label="Hold back"
                      side={one.target}
                      onChange={(target) => change({ target })}
                    />
                  </div>
                  <Checks
                    label="Only where these are the same"
                    options={fieldOptions}
                    chosen={one.equal}
                    onChange={(chosen) => change({ equal: chosen as AlertField[] })}
                  />
                </li>
              );
            })}
          </ol>
        </Card>
        <Card title="Incidents" subtitle="A firing alert of these severities opens one by itself">
          <Checks
            label="Open an incident for"
            options={severityOptions}
            chosen={draft.incidents}
            onChange={(chosen) => set({ incidents: chosen as RoutingText["incidents"] })}
          />
        </Card>
        <div className={routing.save} data-dirty={dirty || undefined}>
          {missing.length > 0 && (
            <p className={form.problem} role="alert">
              There is no channel {missing.join(", ")}. Add it, or take it out.
            </p>
          )}
          <Refused what="The routing was not stored." error={store.error} />
          <p className={styles.buttons}>
            <button type="submit" className={form.primary} disabled={!dirty || store.isPending}>
              Store the routing
            </button>
            <button type="button" className={form.button} disabled={!dirty} onClick={() => setDraft(based)}>
              Discard
            </button>
            <output className="quiet">{dirty ? "Not stored yet." : ""}</output>
          </p>
        </div>
      </form>
      <div className={routing.side}>
        <Preview dirty={dirty} />
      </div>
    </div>
  );
}

function without<Item>(items: Item[], at: number): Item[] {
  return items.filter((_, index) => index !== at);
}

function sideWords(side: Inhibition["source"]): string {
  const parts = Object.entries(side).filter(([, value]) => value);
  return parts.map(([name, value]) => `${name} ${value}`).join(", ") || "every alert";
}

function Take({ label, onTake }: { label: string; onTake: () => void }) {
  return (
    <button type="button" className={form.button} aria-label={label} onClick={onTake}>
      Remove
    </button>
  );
}

function SideFields({
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
function ListField({
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

function SecondsField({
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
function PaceFields({
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

/** Who would hear about an alert, asked of the stored routing. */
function Preview({ dirty }: { dirty: boolean }) {
  const rules = useRules();
  const preview = usePreviewRouting();
  const all = rules.data?.rules ?? [];
  const [name, setName] = useState("");
  const [severity, setSeverity] = useState("");
  const rule = all.find((one) => one.name === name) ?? all[0];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (rule) {
      preview.mutate({ rule: rule.name, group: rule.group, severity: severity || rule.severity });
    }
  };
  return (
    <Card
      title="Who would hear about it"
      subtitle={dirty ? "By the routing as it is stored" : "An alert of this rule, now"}
    >
      <form className={styles.form} onSubmit={submit}>
        <Field
          label="Rule"
          kind="choice"
          choices={all.map((one) => [one.name, one.title || one.name])}
          value={rule?.name ?? ""}
          onChange={setName}
        />
        <Field
          label="Severity"
          kind="choice"
          choices={[
            ["", rule ? `as the rule says: ${rule.severity}` : "as the rule says"],
            ...severityChoices,
          ]}
          value={severity}
          onChange={setSeverity}
        />
        <p>
          <button type="submit" className={form.button} disabled={!rule || preview.isPending}>
            Ask
          </button>
        </p>
        <Refused error={preview.error} />
        {preview.data && (
          <div role="status" className={routing.answer}>
            <strong>{preview.data.channels.length > 0 ? preview.data.channels.join(", ") : "Nobody"}</strong>
            <p className="quiet">{preview.data.reason}</p>
          </div>
        )}
      </form>
    </Card>
  );
}
