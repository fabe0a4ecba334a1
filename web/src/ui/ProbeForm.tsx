import { type FormEvent, useState } from "react";
import { Problem } from "../api/client";
import { type Probe, type ProbeKind, useSaveProbe } from "../api/probes";
import { draftOf, type EntrySpec, kindOf, kinds, newDraft, type ProbeDraft, probeOf } from "../state/probe";
import { Entry } from "./Entry";
import styles from "./entry.module.css";
import form from "./form.module.css";

/** Sets up a probe, or changes one. What was typed stays when the server refuses it. */
export function ProbeForm({ probe, onDone }: { probe: Probe | null; onDone: (name?: string) => void }) {
  const [draft, setDraft] = useState<ProbeDraft>(() => (probe ? draftOf(probe) : newDraft));
  const save = useSaveProbe(probe?.name ?? null);
  const spec = kindOf(draft.kind);
  const set = (part: Partial<ProbeDraft>) => setDraft((old) => ({ ...old, ...part }));
  const problems = problemsOf(save.error);
  const shown = new Set<string>();
  const problemOf = (field: string) => {
    const found = problems.filter(([name]) => name === field || name.startsWith(`${field}.`));
    for (const [name] of found) shown.add(name);
    return found.map(([, text]) => text).join(" ") || undefined;
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(probeOf(draft, probe?.settings), { onSuccess: ({ name }) => onDone(name) });
  };
  const setting = (entry: EntrySpec) => (
    <Entry
      key={entry.name}
      label={entry.label}
      help={entry.help}
      problem={problemOf(`settings.${entry.name}`)}
      kind={
        entry.kind === "boolean"
          ? "check"
          : entry.kind === "choice"
            ? "choice"
            : entry.kind === "number"
              ? "number"
              : entry.kind === "text"
                ? "text"
                : "long"
      }
      choices={(entry.choices ?? []).map((one) => [one, one])}
      placeholder={entry.otherwise}
      value={
        draft.settings[entry.name] ??
        (entry.kind === "boolean" || entry.kind === "choice" ? (entry.otherwise ?? "") : "")
      }
      onChange={(value) => set({ settings: { ...draft.settings, [entry.name]: value } })}
    />
  );
  const rare = spec.settings.filter((entry) => entry.rare);
  const rest = (
    <>
      {spec.settings.filter((entry) => !entry.rare).map(setting)}
      <div className={styles.row}>
        <Entry
          label={draft.kind === "heartbeat" ? "Expected every, s" : "Asked every, s"}
          kind="number"
          value={draft.interval}
          placeholder={String(spec.intervalSeconds)}
          problem={problemOf("interval_seconds")}
          onChange={(interval) => set({ interval })}
        />
        {draft.kind !== "heartbeat" && (
          <Entry
            label="Waits at most, s"
            kind="number"
            value={draft.timeout}
            placeholder="10"
            problem={problemOf("timeout_seconds")}
            onChange={(timeout) => set({ timeout })}
          />
        )}
        <Entry
          label="Down after failures"
          kind="number"
          value={draft.failAfter}
          placeholder={draft.kind === "heartbeat" ? "1" : "3"}
          problem={problemOf("fail_after")}
          onChange={(failAfter) => set({ failAfter })}
        />
        <Entry
          label="Up after successes"
          kind="number"
          value={draft.okAfter}
          placeholder={draft.kind === "heartbeat" ? "1" : "2"}
          problem={problemOf("ok_after")}
          onChange={(okAfter) => set({ okAfter })}
        />
      </div>
      {rare.length > 0 && (
        <details className={styles.more} open={rare.some(({ name }) => draft.settings[name] !== undefined)}>
          <summary>More</summary>
          <div className={styles.form}>{rare.map(setting)}</div>
        </details>
      )}
    </>
  );
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <Entry
        label="Kind"
        kind="choice"
        choices={kinds.map(({ kind, label }) => [kind, label])}
        help={spec.help}
        value={draft.kind}
        disabled={probe !== null}
        onChange={(kind) => set({ kind: kind as ProbeKind, settings: {} })}
      />
      <Entry
        label="Name"
        value={draft.name}
        disabled={probe !== null}
        autoFocus={probe === null}
        problem={problemOf("name")}
        onChange={(name) => set({ name })}
      />
      {spec.target && (
        <Entry
          label={spec.target.label}
          help={spec.target.help}
          placeholder={spec.target.placeholder}
          value={draft.target}
          problem={problemOf("target")}
          onChange={(target) => set({ target })}
        />
      )}
      {rest}
      {save.error && (problems.length === 0 || problems.some(([name]) => !shown.has(name))) && (
        <p className={form.problem} role="alert">
          The probe was not stored. {save.error.message}
        </p>
      )}
      <p className={styles.actions}>
        <button type="submit" className={form.primary} disabled={save.isPending}>
          {probe ? "Store" : "Set up the probe"}
        </button>
        <button type="button" className={form.button} onClick={() => onDone()}>
          Cancel
        </button>
      </p>
    </form>
  );
}

/** Field and sentence of everything that the server refused. */
export function problemsOf(error: Error | null): [string, string][] {
  if (!(error instanceof Problem)) return [];
  return (error.details.errors ?? []).map(({ field, value, accepted }) => [
    field,
    `${String(value)} is not accepted: ${String(accepted)}.`,
  ]);
}
