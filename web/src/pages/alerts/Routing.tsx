import { type FormEvent, useState } from "react";
import type { Severity } from "../../api/alerts";
import { useChannels } from "../../api/channels";
import {
  type AlertField,
  type Inhibition,
  type Routing as RoutingText,
  useRouting,
  useStoreRouting,
} from "../../api/routing";
import { duration } from "../../format";
import { everyChannel, matchWords, missingChannels } from "../../state/routing";
import { Card } from "../../ui/Card";
import { Checks } from "../../ui/Field";
import form from "../../ui/form.module.css";
import { Refused } from "../../ui/Refused";
import { severityChoices } from "../../ui/Severity";
import { Failed, loadingOf, Skeleton } from "../../ui/states";
import list from "../list.module.css";
import { Lines } from "./Lines";
import { fieldOptions, ListField, PaceFields, SecondsField, SideFields } from "./RoutingFields";
import { RoutingPreview } from "./RoutingPreview";
import routing from "./routing.module.css";
import styles from "./rules.module.css";

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
  const through = (chosen: string[], onChange: (chosen: string[]) => void) => (
    <Checks
      label="Told through"
      options={options}
      chosen={chosen}
      onChange={onChange}
      none="There is no channel yet; add one on the tab Channels."
    />
  );
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
            {through(draft.default.channels, (chosen) =>
              set({ default: { ...draft.default, channels: chosen } }),
            )}
            <div className={styles.fields}>
              <PaceFields
                pace={draft.default}
                onChange={(part) => set({ default: { ...draft.default, ...part } as RoutingText["default"] })}
              />
            </div>
          </div>
        </Card>
        <Lines
          title="Routes"
          subtitle="Asked from the top; the first that fits takes the alert"
          word="Route"
          items={draft.routes}
          none="None: the default hears about everything. A route sends some alerts elsewhere."
          blank={{ match: { severity: [], group: [], rule: [] }, channels: [], continue: false }}
          ordered
          nameOf={(route, at) => `${at + 1}. ${matchWords(route)}`}
          onChange={(routes) => set({ routes })}
        >
          {(route, change) => (
            <>
              <Checks
                label="Severity"
                options={severityOptions}
                chosen={route.match.severity ?? []}
                onChange={(chosen) => change({ match: { ...route.match, severity: chosen as Severity[] } })}
              />
              <div className={styles.fields}>
                <ListField
                  label="Groups"
                  help="With commas; empty: any."
                  values={route.match.group ?? []}
                  onChange={(group) => change({ match: { ...route.match, group } })}
                />
                <ListField
                  label="Rules"
                  help="By name, with commas; empty: any."
                  values={route.match.rule ?? []}
                  onChange={(rule) => change({ match: { ...route.match, rule } })}
                />
              </div>
              {through(route.channels, (chosen) => change({ channels: chosen }))}
              <label className={routing.check}>
                <input
                  type="checkbox"
                  checked={route.continue}
                  onChange={() => change({ continue: !route.continue })}
                />
                Ask the routes below too
              </label>
              <details className={routing.more}>
                <summary>Its own waiting times</summary>
                <div className={styles.fields}>
                  <PaceFields pace={route} usual={draft.default} onChange={change} />
                </div>
              </details>
            </>
          )}
        </Lines>
        <Lines
          title="Escalation"
          subtitle="Who is told in addition while nobody acknowledges"
          word="Step"
          items={draft.escalation}
          none="None: an alert that nobody acknowledges is only repeated."
          blank={{ after_seconds: 900, severity: ["critical"], channels: [] }}
          nameOf={(step) => `After ${duration(step.after_seconds)}`}
          onChange={(escalation) => set({ escalation })}
        >
          {(step, change) => (
            <>
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
                onChange={(chosen) => change({ severity: chosen as Severity[] })}
              />
              {through(step.channels, (chosen) => change({ channels: chosen }))}
            </>
          )}
        </Lines>
        <Lines
          title="Held back"
          subtitle="While one alert fires, those that follow from it are not told"
          word="Line"
          items={draft.inhibit}
          none="None: every alert is told for itself."
          blank={{ source: { severity: "critical" }, target: { severity: "warning" }, equal: ["subject"] }}
          nameOf={({ source, target }) => `${sideWords(source)} holds back ${sideWords(target)}`}
          onChange={(inhibit) => set({ inhibit })}
        >
          {(one, change) => (
            <>
              <div className={styles.fields}>
                <SideFields label="While" side={one.source} onChange={(source) => change({ source })} />
                <SideFields label="Hold back" side={one.target} onChange={(target) => change({ target })} />
              </div>
              <Checks
                label="Only where these are the same"
                options={fieldOptions}
                chosen={one.equal}
                onChange={(chosen) => change({ equal: chosen as AlertField[] })}
              />
            </>
          )}
        </Lines>
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
        <RoutingPreview dirty={dirty} />
      </div>
    </div>
  );
}

function sideWords(side: Inhibition["source"]): string {
  const parts = Object.entries(side).filter(([, value]) => value);
  return parts.map(([name, value]) => `${name} ${value}`).join(", ") || "every alert";
}
