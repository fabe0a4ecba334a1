import { useQuery } from "@tanstack/react-query";
import type { Severity } from "./alerts";
import { heal } from "./ask";
import { alertsKey, incidentsKey, pathOf, useChange } from "./changes";
import { getJson, writeJson } from "./client";
import { usePages } from "./pages";

export interface Incident {
  id: string;
  number: number;
  title: string;
  severity: Severity;
  state: "open" | "acknowledged" | "resolved";
  opened_at: string;
  acknowledged_at: string | null;
  resolved_at: string | null;
  assignee: string | null;
  /** errors: its time to resolve counts as error resolution time. */
  about: "errors" | "other";
  source: "alert" | "manual";
  alert_id: string | null;
  summary: string;
  seconds_to_acknowledge: number | null;
  seconds_to_resolve: number | null;
}

export interface IncidentEvent {
  at: string;
  kind: string;
  by: string;
  text: string;
}

export interface IncidentDetail extends Incident {
  timeline: IncidentEvent[];
}

export interface IncidentPage {
  items: Incident[];
  next_cursor: string | null;
}

export interface NewIncident {
  title: string;
  severity: Severity;
  summary: string;
}

/** Means over the incidents of one month and severity, in seconds; null where there is none to take it from. */
export interface IncidentFigures {
  month: string;
  severity: Severity;
  incidents: number;
  /** How many `mtta_seconds` and `mttr_seconds` are the means of. */
  acknowledged: number;
  resolved: number;
  mtta_seconds: number | null;
  mttr_seconds: number | null;
  mttr_error_seconds: number | null;
}

export type IncidentFilter = "open" | "resolved" | "all";

/** What may be done with one, and what it needs. */
export type IncidentAct =
  | { act: "acknowledge" | "resolve" | "reopen" }
  | { act: "note"; text: string }
  | { act: "assign"; assignee: string | null }
  | { act: "severity"; severity: Severity };

const path = "/api/v1/incidents";
const pathTo = (id: string) => `${path}/${encodeURIComponent(id)}`;

export function useIncidents(state: IncidentFilter) {
  return usePages<IncidentPage>({
    key: [...incidentsKey, "list", state],
    path: (cursor) => pathOf(path, { state, limit: 50, cursor }),
    everyMs: 5_000,
  });
}

export function useIncident(id: string) {
  return useQuery({
    queryKey: [...incidentsKey, "one", id],
    queryFn: ({ signal }) => getJson<IncidentDetail>(pathTo(id), signal),
    refetchInterval: heal(5_000),
  });
}

export function useIncidentFigures(months: number) {
  return useQuery({
    queryKey: [...incidentsKey, "statistics", months],
    queryFn: ({ signal }) =>
      getJson<{ items: IncidentFigures[] }>(pathOf(`${path}/statistics`, { months }), signal),
    refetchInterval: heal(60_000),
  });
}

export function useOpenIncident() {
  return useChange((incident: NewIncident) => writeJson<Incident>("POST", path, incident), incidentsKey);
}

export function useIncidentAct(id: string) {
  return useChange(
    ({ act, ...body }: IncidentAct) =>
      writeJson<Incident>("POST", `${pathTo(id)}/${act}`, Object.keys(body).length > 0 ? body : undefined),
    incidentsKey,
    alertsKey,
  );
}
