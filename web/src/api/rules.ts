import { useMutation, useQuery } from "@tanstack/react-query";
import type { Phase, Severity } from "./alerts";
import { heal } from "./ask";
import { alertsKey, useChange } from "./changes";
import { getJson, postJson, writeJson } from "./client";

export type Side = "above" | "below";

export type Condition =
  | { kind: "threshold"; side: Side; limit: number; recovery: number | null }
  | { kind: "change"; side: Side; percent: number; recovery_percent: number | null }
  | { kind: "seasonal"; side: Side; k: number; weeks: number }
  | { kind: "burn_rate"; objective: number; factor: number; short_seconds: number; min_bad: number };

export type ConditionKind = Condition["kind"];
export type NoData = "keep" | "fine" | "bad";

/** What a rule says, as it is sent. */
export interface RuleText {
  name: string;
  title: string;
  group: string;
  metric: string;
  filters: Record<string, string[]>;
  severity: Severity;
  condition: Condition;
  window_seconds: number;
  for_seconds: number;
  recover_seconds: number;
  min_samples: number;
  no_data: NoData;
  enabled: boolean;
}

/** Of the worst subject. */
export interface RuleState {
  phase: Phase;
  subject: string;
  value: number | null;
  limit: number | null;
  reason: string;
  since: string;
  evaluated_at: string;
}

/** A rule and where it stands. */
export interface Rule extends RuleText {
  state: RuleState | null;
  origin: "default" | "user" | "file";
  /** The file or variable that fixes its limit. */
  fixed_by: string | null;
  /** A default rule that was changed. */
  is_edited: boolean;
  /** Where its metric comes from. */
  source: string;
  /** Why it can't be evaluated. */
  problem: string | null;
  unit: string | null;
}

export interface Rules {
  rules: Rule[];
}

export interface Episode {
  subject: string;
  started_at: string;
  ended_at: string | null;
  peak_value: number | null;
}

export interface Backtest {
  days: number;
  evaluations: number;
  episodes: Episode[];
  /** Moment and value, oldest first. */
  series: [string, number | null][];
  limit: number | null;
  notifications_estimate: number;
  note: string;
}

const path = "/api/v1/alerts/rules";
const pathTo = (name: string) => `${path}/${encodeURIComponent(name)}`;

export function useRules() {
  return useQuery({
    queryKey: [...alertsKey, "rules"],
    queryFn: ({ signal }) => getJson<Rules>(path, signal),
    refetchInterval: heal(10_000),
  });
}

export function useCreateRule() {
  return useChange((rule: RuleText) => writeJson<Rule>("POST", path, rule), alertsKey);
}

export function useStoreRule() {
  return useChange((rule: RuleText) => writeJson<Rule>("PUT", pathTo(rule.name), rule), alertsKey);
}

export function useDeleteRule() {
  return useChange((name: string) => writeJson<null>("DELETE", pathTo(name)), alertsKey);
}

/** A default rule as it came. */
export function useResetRule() {
  return useChange((name: string) => writeJson<Rule>("POST", `${pathTo(name)}/reset`), alertsKey);
}

/** When the rule would have fired, on what was recorded. Nothing is stored. */
export function useBacktest() {
  return useMutation({
    mutationFn: (question: { rule: RuleText; days: number }) =>
      postJson<Backtest>(`${path}/backtest`, question),
  });
}
