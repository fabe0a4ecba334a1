import type { Condition, ConditionKind, NoData, RuleText, Side } from "../api/rules";
import { duration, quantity, secondsOf } from "../format";

/** One filter of a rule as it is typed: a dimension and values with commas. */
export interface FilterDraft {
  name: string;
  values: string;
}

/** A rule as it stands in the form: what is typed stays as typed until it is sent. */
export interface RuleDraft {
  name: string;
  title: string;
  group: string;
  metric: string;
  filters: FilterDraft[];
  severity: RuleText["severity"];
  kind: ConditionKind;
  side: Side;
  limit: string;
  recovery: string;
  percent: string;
  recovery_percent: string;
  k: string;
  weeks: string;
  objective: string;
  factor: string;
  short: string;
  min_bad: string;
  window: string;
  for: string;
  recover: string;
  min_samples: string;
  no_data: NoData;
  enabled: boolean;
}

export const conditionKinds: Record<ConditionKind, { label: string; says: string }> = {
  threshold: { label: "Limit", says: "Bad beyond a fixed value." },
  change: { label: "Change", says: "Bad when it differs from the window before by more than a percentage." },
  seasonal: {
    label: "Unusual",
    says: "Bad when it is far from the median of the same hour of the week. It learns for some weeks first.",
  },
  burn_rate: {
    label: "Error budget",
    says: "Bad when the budget of an objective burns too fast, in a long and in a short window alike.",
  },
};

const text = (value: number | null | undefined) => (value == null ? "" : String(value));

export const blankRule: RuleDraft = {
  name: "",
  title: "",
  group: "custom",
  metric: "error_rate",
  filters: [],
  severity: "warning",
  kind: "threshold",
  side: "above",
  limit: "",
  recovery: "",
  percent: "50",
  recovery_percent: "",
  k: "4",
  weeks: "3",
  objective: "99.9",
  factor: "14.4",
  short: "5 min",
  min_bad: "5",
  window: "5 min",
  for: "5 min",
  recover: "5 min",
  min_samples: "20",
  no_data: "keep",
  enabled: true,
};

export function draftOf(rule: RuleText): RuleDraft {
  const draft: RuleDraft = {
    ...blankRule,
    name: rule.name,
    title: rule.title,
    group: rule.group,
    metric: rule.metric,
    filters: Object.entries(rule.filters).map(([name, values]) => ({ name, values: values.join(", ") })),
    severity: rule.severity,
    kind: rule.condition.kind,
    window: duration(rule.window_seconds),
    for: duration(rule.for_seconds),
    recover: duration(rule.recover_seconds),
    min_samples: String(rule.min_samples),
    no_data: rule.no_data,
    enabled: rule.enabled,
  };
  const { condition } = rule;
  switch (condition.kind) {
    case "threshold":
      return {
        ...draft,
        side: condition.side,
        limit: text(condition.limit),
        recovery: text(condition.recovery),
      };
    case "change":
      return {
        ...draft,
        side: condition.side,
        percent: text(condition.percent),
        recovery_percent: text(condition.recovery_percent),
      };
    case "seasonal":
      return { ...draft, side: condition.side, k: text(condition.k), weeks: text(condition.weeks) };
    case "burn_rate":
      return {
        ...draft,
        objective: text(condition.objective),
        factor: text(condition.factor),
        short: duration(condition.short_seconds),
        min_bad: text(condition.min_bad),
      };
  }
}

/** The rule a form means, or, by field, why it means none. What only the server can judge is left to it. */
export function ruleOf(draft: RuleDraft): { rule: RuleText | null; problems: Record<string, string> } {
  const problems: Record<string, string> = {};
  const number = (field: keyof RuleDraft, typed: string): number => {
    const value = Number(typed.trim().replace(",", "."));
    if (typed.trim() === "" || !Number.isFinite(value)) problems[field] = "A number, such as 5 or 99.9.";
    return value;
  };
  const maybe = (field: keyof RuleDraft, typed: string) =>
    typed.trim() === "" ? null : number(field, typed);
  const seconds = (field: keyof RuleDraft, typed: string): number => {
    const value = secondsOf(typed);
    if (value === null) problems[field] = "A time, such as 300 s, 5 min or 1 h 30 min.";
    return value ?? 0;
  };
  const filters: Record<string, string[]> = {};
  for (const { name, values } of draft.filters) {
    const listed = values
      .split(",")
      .map((value) => value.trim())
      .filter(Boolean);
    if (name && listed.length > 0) filters[name] = [...(filters[name] ?? []), ...listed];
  }
  if (!/^[a-z][a-z0-9_]*$/.test(draft.name)) {
    problems.name = "Small letters, digits and _, a letter first, such as error_rate_eu.";
  }
  if (draft.metric === "") problems.metric = "Choose a metric.";
  const rule: RuleText = {
    name: draft.name,
    title: draft.title.trim(),
    group: draft.group.trim() || "custom",
    metric: draft.metric,
    filters,
    severity: draft.severity,
    condition: conditionOf(draft, number, maybe, seconds),
    window_seconds: seconds("window", draft.window),
    for_seconds: seconds("for", draft.for),
    recover_seconds: seconds("recover", draft.recover),
    min_samples: number("min_samples", draft.min_samples),
    no_data: draft.no_data,
    enabled: draft.enabled,
  };
  return { rule: Object.keys(problems).length === 0 ? rule : null, problems };
}

type Read<Value> = (field: keyof RuleDraft, typed: string) => Value;

function conditionOf(
  draft: RuleDraft,
  number: Read<number>,
  maybe: Read<number | null>,
  seconds: Read<number>,
): Condition {
  const { kind, side } = draft;
  switch (kind) {
    case "threshold":
      return {
        kind,
        side,
        limit: number("limit", draft.limit),
        recovery: maybe("recovery", draft.recovery),
      };
    case "change":
      return {
        kind,
        side,
        percent: number("percent", draft.percent),
        recovery_percent: maybe("recovery_percent", draft.recovery_percent),
      };
    case "seasonal":
      return { kind, side, k: number("k", draft.k), weeks: number("weeks", draft.weeks) };
    case "burn_rate":
      return {
        kind,
        objective: number("objective", draft.objective),
        factor: number("factor", draft.factor),
        short_seconds: seconds("short", draft.short),
        min_bad: number("min_bad", draft.min_bad),
      };
  }
}

/** "above 5 % over 10 min, for 5 min": what a rule looks for, in words. */
export function conditionWords(
  { condition, window_seconds, for_seconds }: Pick<RuleText, "condition" | "window_seconds" | "for_seconds">,
  unit: string | null,
): string {
  const held = for_seconds > 0 ? `, for ${duration(for_seconds)}` : "";
  const over = `over ${duration(window_seconds)}`;
  switch (condition.kind) {
    case "threshold":
      return `${condition.side} ${quantity(condition.limit, unit)} ${over}${held}`;
    case "change":
      return `more than ${quantity(condition.percent, "percent")} ${condition.side} the ${duration(window_seconds)} before${held}`;
    case "seasonal":
      return `more than ${condition.k} deviations ${condition.side} what is usual at this hour of the week, ${over}${held}`;
    case "burn_rate":
      return `the budget of ${quantity(condition.objective, "percent")} burns over ${condition.factor} times too fast in ${duration(window_seconds)} and in ${duration(condition.short_seconds)}${held}`;
  }
}

/** Only what is sent of a rule, not where it stands. */
export function textOf(rule: RuleText): RuleText {
  const { name, title, group, metric, filters, severity, condition, enabled } = rule;
  const { window_seconds, for_seconds, recover_seconds, min_samples, no_data } = rule;
  return {
    name,
    title,
    group,
    metric,
    filters,
    severity,
    condition,
    window_seconds,
    for_seconds,
    recover_seconds,
    min_samples,
    no_data,
    enabled,
  };
}

/** The form's fields by the names that the server gives their errors. */
export function fieldOf(path: string): keyof RuleDraft | null {
  const last = path.split(".").findLast((part) => /[a-z]/.test(part)) ?? "";
  const renamed: Record<string, keyof RuleDraft> = {
    window_seconds: "window",
    for_seconds: "for",
    recover_seconds: "recover",
    short_seconds: "short",
  };
  if (path.includes("filters")) return "filters";
  return renamed[last] ?? (last in blankRule ? (last as keyof RuleDraft) : null);
}

/** What a file or variable that holds the limit of a rule fixes with it. */
export const heldFields: ReadonlySet<keyof RuleDraft> = new Set(["kind", "side", "limit"]);
