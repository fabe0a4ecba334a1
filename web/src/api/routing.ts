import { useMutation, useQuery } from "@tanstack/react-query";
import type { Severity } from "./alerts";
import { heal } from "./ask";
import { alertsKey, useChange } from "./changes";
import { getJson, postJson, writeJson } from "./client";

/** By what alerts are matched, put together and held back. */
export const alertFields = ["rule", "severity", "group", "subject"] as const;
export type AlertField = (typeof alertFields)[number];

/** How soon a group of alerts is told, how often again, and what makes alerts one group. */
export interface Pace {
  group_wait_seconds: number;
  group_interval_seconds: number;
  repeat_seconds: number;
  group_by: AlertField[];
}

export interface RouteDefault extends Pace {
  channels: string[];
}

/** Empty lists match everything. */
export interface RouteMatch {
  severity: Severity[];
  group: string[];
  rule: string[];
}

/** What is absent or null is as in the default. */
export type OwnPace = { [name in keyof Pace]?: Pace[name] | null };

export interface Route extends OwnPace {
  match: Partial<RouteMatch>;
  channels: string[];
  /** Whether the routes below are asked too. */
  continue: boolean;
}

export interface Escalation {
  after_seconds: number;
  severity: Severity[];
  channels: string[];
}

export interface Inhibition {
  source: Partial<Record<AlertField, string>>;
  target: Partial<Record<AlertField, string>>;
  equal: AlertField[];
}

export interface Routing {
  default: RouteDefault;
  routes: Route[];
  escalation: Escalation[];
  inhibit: Inhibition[];
  /** The severities that open an incident. */
  incidents: Severity[];
}

export interface RoutingPreview {
  channels: string[];
  reason: string;
}

const path = "/api/v1/alerts/routing";

export function useRouting() {
  return useQuery({
    queryKey: [...alertsKey, "routing"],
    queryFn: ({ signal }) => getJson<Routing>(path, signal),
    refetchInterval: heal(false),
  });
}

export function useStoreRouting() {
  return useChange((routing: Routing) => writeJson<Routing>("PUT", path, routing), alertsKey);
}

export function usePreviewRouting() {
  return useMutation({
    mutationFn: (alert: { severity: string; group: string; rule: string }) =>
      postJson<RoutingPreview>(`${path}/preview`, alert),
  });
}
