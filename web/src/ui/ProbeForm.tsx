import { type FormEvent, useState } from "react";
import { Problem } from "../api/client";
import { type Probe, useSaveProbe } from "../api/probes";
import { draftOf, type EntrySpec, kindOf, kinds, newDraft, type ProbeDraft, probeOf } from "../state/probe";
import { Field } from "./Field";
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
    <Field
      key={entry.name}
      label={entry.label}
      help={entry.help}
      problem={problemOf(`settings.${entry.name}`)}
      kind={controls[entry.kind]}
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
      <div className={form.row}>
        <Field
          label={draft.kind === "heartbeat" ? "Expected every, s" : "Asked every, s"}
          kind="number"
          value={draft.interval}
          placeholder={String(spec.intervalSeconds)}
          problem={problemOf("interval_seconds")}
          onChange={(interval) => set({ interval })}
        />
        {draft.kind !== "heartbeat" && (
          <Field
            label="Waits at most, s"
            kind="number"
            value={draft.timeout}
            placeholder="10"
            problem={problemOf("timeout_seconds")}
            onChange={(timeout) => set({ timeout })}
          />
        )}
        <Field
          label="Down after failures"
          kind="number"
          value={draft.failAfter}
          placeholder={draft.kind === "heartbeat" ? "1" : "3"}
          problem={problemOf("fail_after")}
          onChange={(failAfter) => set({ failAfter })}
        />
        <Field
          label="Up after successes"
          kind="number"
          value={draft.okAfter}
          placeholder={draft.kind === "heartbeat" ? "1" : "2"}
          problem={problemOf("ok_after")}
          onChange={(okAfter) => set({ okAfter })}
        />
      </div>
      {rare.length > 0 && (
        <details className={form.more} open={rare.some(({ name }) => draft.settings[name] !== undefined)}>
          <summary>More</summary>
          <div className={form.stack}>{rare.map(setting)}</div>
        </details>
      )}
    </>
  );
  return (
    <form className={form.stack} onSubmit={submit} noValidate>
      <Field
        label="Kind"
        kind="choice"
        choices={kinds.map(({ kind, label }) => [kind, label])}
        help={spec.help}
        value={draft.kind}
        disabled={probe !== null}
        onChange={(kind) => set({ kind, settings: {} })}
      />
      <Field
        label="Name"
        value={draft.name}
        disabled={probe !== null}
        first={probe === null}
        problem={problemOf("name")}
        onChange={(name) => set({ name })}
      />
      {spec.target && (
        <Field
          label={spec.target.label}
          help={spec.target.help}
          placeholder={spec.target.placeholder}
          value={draft.target}
          problem={problemOf("target")}
          onChange={(target) => set({ target })}
        />
      )}
      {rest}
      {save.error && (
        <p className={form.problem} role="alert">
          The probe was not stored.{" "}
          {(problems.length === 0 || problems.some(([name]) => !shown.has(name))) && save.error.message}
        </p>
      )}
      <p className={form.actions}>
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

const controls = {
  boolean: "check",
  choice: "choice",
  number: "number",
  text: "text",
  lines: "code",
  pairs: "code",
  conditions: "code",
} as const;

/** Field and sentence of everything that the server refused. */
export function problemsOf(error: Error | null): [string, string][] {
  if (!(error instanceof Problem)) return [];
  return (error.details.errors ?? []).map(({ field, value, accepted }) => [
    field,
    `${String(value)} is not accepted: ${String(accepted)}.`,
  ]);
}
