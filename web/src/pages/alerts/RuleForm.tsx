import { type FormEvent, useEffect, useRef, useState } from "react";
import { Problem } from "../../api/client";
import { useMetrics } from "../../api/queries";
import {
  type Rule,
  type RuleText,
  useBacktest,
  useCreateRule,
  useDeleteRule,
  useResetRule,
  useStoreRule,
} from "../../api/rules";
import { blankRule, draftOf, fieldOf, heldFields, type RuleDraft, ruleOf } from "../../state/rule";
import { Card } from "../../ui/Card";
import { Field } from "../../ui/Field";
import form from "../../ui/form.module.css";
import { BackIcon } from "../../ui/icons";
import { Refused } from "../../ui/Refused";
import { Remove } from "../../ui/Remove";
import { severityChoices } from "../../ui/Severity";
import { BacktestCard } from "./BacktestCard";
import { type Line, RuleCondition } from "./RuleCondition";
import { RuleFilters } from "./RuleFilters";
import styles from "./rules.module.css";

interface Props {
  /** Null for a new one. */
  rule: Rule | null;
  rules: Rule[];
  onDone: () => void;
}

/** Writes a rule, and tries it on what was recorded before it is stored. */
export function RuleForm({ rule, rules, onDone }: Props) {
  const [draft, setDraft] = useState<RuleDraft>(() => (rule ? draftOf(rule) : blankRule));
  const [tried, setTried] = useState(false);
  const { data: dictionary } = useMetrics();
  const create = useCreateRule();
  const store = useStoreRule();
  const remove = useDeleteRule();
  const reset = useResetRule();
  const backtest = useBacktest();
  const [tested, setTested] = useState<{ rule: RuleText; days: number } | null>(null);
  const saving = rule ? store : create;
  const { rule: text, problems } = ruleOf(draft);
  const refused = refusals(saving.error ?? backtest.error);
  const problem = (field: keyof RuleDraft) => refused.get(field) ?? (tried ? problems[field] : undefined);
  const fixed: ReadonlySet<keyof RuleDraft> = rule?.fixed_by ? heldFields : new Set();
  const fixedWords = (field: keyof RuleDraft) =>
    fixed.has(field) ? `Fixed by ${rule?.fixed_by}.` : undefined;
  const set = (part: Partial<RuleDraft>) => setDraft((old) => ({ ...old, ...part }));
  const metric = dictionary?.metrics.find(({ name }) => name === draft.metric);
  const unit = metric?.unit ?? rule?.unit ?? null;

  const test = (days: number) => {
    setTried(true);
    if (!text) return;
    setTested({ rule: text, days });
    backtest.mutate({ rule: text, days });
  };
  // A stored rule shows at once what it did lately; a new one waits until it says something.
  const opened = useRef(false);
  useEffect(() => {
    if (opened.current || !rule || !text) return;
    opened.current = true;
    setTested({ rule: text, days: 7 });
    backtest.mutate({ rule: text, days: 7 });
  }, [rule, text, backtest]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (text) saving.mutate(text, { onSuccess: onDone });
  };
  const line: Line = (field, label, help, kind = "number") => (
    <Field
      label={label}
      help={help}
      kind={kind}
      list={field === "group" ? "rule-groups" : undefined}
      value={String(draft[field])}
      problem={problem(field)}
      fixed={fixedWords(field)}
      onChange={(typed) => set({ [field]: typed } as Partial<RuleDraft>)}
    />
  );
  return (
    <div>
      <p>
        <button type="button" className={form.button} onClick={onDone}>
          <BackIcon size={14} /> All rules
        </button>
      </p>
      <div className={`${styles.edit} ${styles.below}`}>
        <Card
          title={rule ? rule.title || rule.name : "New rule"}
          subtitle={
            rule ? `${rule.name}, in ${rule.group || "no group"}` : "Which number, and when is it too much?"
          }
        >
          <form className={styles.form} onSubmit={submit} noValidate>
            {rule?.fixed_by && (
              <p className={styles.fixed}>
                The limit is fixed by {rule.fixed_by}. Everything else can be changed here.
              </p>
            )}
            <div className={styles.fields}>
              {!rule && line("name", "Name", "How alerts and addresses name it. It stays.", "text")}
              {line("title", "Title", "What people read in a message.", "text")}
              <div>
                {line("group", "Group", "Routes and silences can name it.", "text")}
                <datalist id="rule-groups">
                  {[...new Set(rules.map(({ group }) => group))].map((group) => (
                    <option key={group} value={group} />
                  ))}
                </datalist>
              </div>
              <Field
                label="Severity"
                problem={problem("severity")}
                fixed={fixedWords("severity")}
                kind="choice"
                choices={severityChoices}
                value={draft.severity}
                onChange={(severity) => set({ severity })}
              />
              <Field
                label="Metric"
                wide
                help={metric?.definition}
                problem={problem("metric")}
                fixed={fixedWords("metric")}
                kind="choice"
                choices={[
                  ...(metric ? [] : [[draft.metric, draft.metric || "Choose one"] as const]),
                  ...(dictionary?.metrics ?? []).map(
                    ({ name, label }) => [name, `${label} (${name})`] as const,
                  ),
                ]}
                value={draft.metric}
                onChange={(name) => set({ metric: name })}
              />
              <RuleFilters
                draft={draft}
                dimensions={(metric?.filters ?? []).map((name) => ({
                  name,
                  label:
                    dictionary?.dimensions.find((one) => one.name === name)?.label ??
                    ownFilters[name] ??
                    name,
                }))}
                problem={problem("filters")}
                onChange={(filters) => set({ filters })}
              />
            </div>
            <RuleCondition draft={draft} unit={unit} line={line} fixedWords={fixedWords} onChange={set} />
            <Refused what="The rule was not stored." error={saving.error} />
            {tried && !text && (
              <p className={form.problem} role="alert">
                Some fields say nothing yet that a rule can be made of: {Object.keys(problems).join(", ")}.
              </p>
            )}
            <div className={styles.buttons}>
              <button type="submit" className={form.primary} disabled={saving.isPending}>
                {rule ? "Store" : "Create"}
              </button>
              <button
                type="button"
                className={form.button}
                onClick={() => test(tested?.days ?? 7)}
                disabled={backtest.isPending}
              >
                Try it on the past
              </button>
              <button type="button" className={form.button} onClick={onDone}>
                Cancel
              </button>
              {rule?.origin === "user" && (
                <span className={styles.end}>
                  <Remove
                    pending={remove.isPending}
                    onRemove={() => remove.mutate(rule.name, { onSuccess: onDone })}
                  />
                </span>
              )}
              {rule?.is_edited && rule.origin !== "user" && (
                <span className={styles.end}>
                  <Remove
                    word="Back to the default"
                    pending={reset.isPending}
                    onRemove={() => reset.mutate(rule.name, { onSuccess: onDone })}
                  />
                </span>
              )}
            </div>
            <Refused what="That was not done." error={remove.error ?? reset.error} />
          </form>
        </Card>
        <div className={styles.tested}>
          <BacktestCard
            result={backtest.data}
            error={backtest.error}
            pending={backtest.isPending}
            tested={tested}
            changed={text !== null && tested !== null && JSON.stringify(text) !== JSON.stringify(tested.rule)}
            unit={unit}
            onTest={test}
          />
        </div>
      </div>
    </div>
  );
}

/** What the server refused, by the form's field. */
function refusals(error: Error | null): Map<keyof RuleDraft, string> {
  const found = new Map<keyof RuleDraft, string>();
  if (!(error instanceof Problem)) return found;
  for (const { field, accepted } of error.details.errors ?? []) {
    const known = fieldOf(field);
    if (known) found.set(known, `Accepted: ${String(accepted)}`);
  }
  return found;
}

/** Filters that are no dimensions of predictions. */
const ownFilters: Record<string, string> = { probe: "Probe", kind: "Kind of probe" };
