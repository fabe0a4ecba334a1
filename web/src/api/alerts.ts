import { useQuery } from "@tanstack/react-query";
import { base } from "../base";
import { heal } from "./ask";
import { alertsKey, incidentsKey, pathOf, useChange } from "./changes";
import { getJson, writeJson } from "./client";
import { usePages } from "./pages";

export const severities = ["critical", "warning", "info"] as const;
/** critical: somebody must act now. warning: today. info: worth knowing. */
export type Severity = (typeof severities)[number];

/** What an address says, if it is one. */
export function severityOf(text: string | undefined): Severity | undefined {
  return severities.find((one) => one === text);
}

export type Phase = "ok" | "pending" | "firing" | "recovering" | "flapping" | "no-data" | "error";

export interface Acknowledgement {
  by: string;
  at: string;
  note: string | null;
}

/** One episode of a rule that was broken, or (`id` null) one that is about to be. */
export interface Alert {
  id: string | null;
  rule: string;
  /** What the number belongs to, such as a probe; empty for a rule about one number. */
  subject: string;
  title: string;
  group: string;
  severity: Severity;
  phase: Phase;
  started_at: string;
  ended_at: string | null;
  /** When it came into this phase. */
  since: string;
  value: number | null;
  limit: number | null;
  unit: string | null;
  reason: string;
  /** Null when the rule is gone. */
  metric: string | null;
  acknowledged: Acknowledgement | null;
  silenced_by: string | null;
  inhibited_by: string | null;
  incident_id: string | null;
  /** How many messages were delivered about it. */
  notified: number;
}

export interface AlertEvent {
  at: string;
  kind: string;
  text: string;
  by: string | null;
  detail: Record<string, unknown>;
}

export interface AlertDetail extends Alert {
  timeline: AlertEvent[];
}

export interface AlertPage {
  items: Alert[];
  next_cursor: string | null;
}

export interface HistoryEntry {
  id: string;
  at: string;
  kind: string;
  severity: Severity | null;
  rule: string | null;
  subject: string;
  alert_id: string | null;
  text: string;
  by: string | null;
  detail: Record<string, unknown>;
}

export interface HistoryPage {
  items: HistoryEntry[];
  next_cursor: string | null;
}

export interface HistoryQuestion {
  q?: string | undefined;
  kind?: string | undefined;
  severity?: Severity | undefined;
  from: string;
  to?: string | undefined;
}

export type AlertState = "open" | "resolved" | "all";

const listPath = "/api/v1/alerts";
const everyMs = 5_000;

/** The list as it stands now, asked for every five seconds while the page is seen. */
export function useAlerts(
  state: AlertState,
  filter: { q?: string | undefined; severity?: Severity | undefined },
) {
  return usePages<AlertPage>({
    key: [...alertsKey, "list", state, filter],
    path: (cursor) => pathOf(listPath, { state, ...filter, limit: 100, cursor }),
    everyMs,
  });
}

export function useAlert(id: string) {
  return useQuery({
    queryKey: [...alertsKey, "one", id],
    queryFn: ({ signal }) => getJson<AlertDetail>(`${listPath}/${encodeURIComponent(id)}`, signal),
    refetchInterval: heal(everyMs),
  });
}

export function useAcknowledgeAlert() {
  return useChange(
    ({ id, note }: { id: string; note: string }) =>
      writeJson<Alert>("POST", `${listPath}/${encodeURIComponent(id)}/acknowledge`, note ? { note } : {}),
    alertsKey,
    incidentsKey,
  );
}

export function useHistory(question: HistoryQuestion, range: string) {
  // The range's code, not its instants, names the question: "the last hour" is no new one each second.
  const { from: _from, to: _to, ...rest } = question;
  return usePages<HistoryPage>({
    key: [...alertsKey, "history", range, rest],
    path: (cursor) => pathOf(`${listPath}/history`, { ...question, limit: 100, cursor }),
  });
}

/** Where the same question is answered as a file. */
export function historyFile(question: HistoryQuestion, format: "csv" | "ndjson"): string {
  return base + pathOf(`${listPath}/history`, { ...question, format });
}
