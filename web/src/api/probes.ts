import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { heal } from "./ask";
import { getJson, writeJson } from "./client";

export type ProbeKind = "http" | "tcp" | "dns" | "tls" | "known_answer" | "heartbeat";

export interface Probe {
  name: string;
  kind: ProbeKind;
  /** What is asked; of a heartbeat the address that somebody else calls. */
  target: string;
  settings: Record<string, unknown>;
  interval_seconds: number;
  timeout_seconds: number;
  /** Checks in a row that make it down, and up again. */
  fail_after: number;
  ok_after: number;
  enabled: boolean;
  origin: "default" | "user";
  status: "up" | "down" | "unknown" | "maintenance" | "paused";
  since: string | null;
  last: ProbeFinding | null;
  /** Percent of the probed minutes outside maintenance. */
  availability_24h: number | null;
  certificate_days: number | null;
}

export interface ProbeFinding {
  at: string;
  ok: boolean;
  response_ms: number | null;
  reason: string | null;
}

export interface ProbeList {
  items: Probe[];
}

/** What a form sends. */
export interface NewProbe {
  name: string;
  kind: ProbeKind;
  target: string;
  settings: Record<string, unknown>;
  interval_seconds?: number | string;
  timeout_seconds?: number | string;
  fail_after?: number | string;
  ok_after?: number | string;
  enabled: boolean;
}

export interface ProbeHistory {
  /** When a step begins, the share of good checks in percent, the mean response time in ms. */
  points: [string, number | null, number | null][];
  failures: ProbeFailure[];
  availability: { "24h": number | null; "7d": number | null; "30d": number | null };
}

export interface ProbeFailure {
  at: string;
  reason: string;
  response_ms: number | null;
}

export interface Maintenance {
  id: string;
  name: string;
  /** Names; none means all. */
  probes: string[];
  starts_at: string;
  ends_at: string;
  repeat: "none" | "daily" | "weekly";
  time_zone: string;
  comment: string;
  active: boolean;
}

export type NewMaintenance = Omit<Maintenance, "id" | "active">;

const probesKey = ["probes"];
const maintenanceKey = ["maintenance"];

export function useProbes() {
  return useQuery({
    queryKey: probesKey,
    queryFn: ({ signal }) => getJson<ProbeList>("/api/v1/probes", signal),
    refetchInterval: heal(10_000),
  });
}

function pathOf(name: string, rest = ""): string {
  return `/api/v1/probes/${encodeURIComponent(name)}${rest}`;
}

export function useProbeHistory(name: string, hours: number) {
  return useQuery({
    queryKey: [...probesKey, name, hours],
    queryFn: ({ signal }) => getJson<ProbeHistory>(pathOf(name, `/history?hours=${hours}`), signal),
    placeholderData: keepPreviousData,
    refetchInterval: heal(30_000),
  });
}

/** Makes a probe, or replaces the one that is named. */
export function useSaveProbe(before: string | null) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (probe: NewProbe) =>
      before === null
        ? writeJson<Probe>("POST", "/api/v1/probes", probe)
        : writeJson<Probe>("PUT", pathOf(before), probe),
    onSuccess: () => client.invalidateQueries({ queryKey: probesKey }),
  });
}

export function useProbeAction(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (act: "run" | "delete") =>
      act === "run"
        ? writeJson<Probe>("POST", pathOf(name, "/run"))
        : writeJson<null>("DELETE", pathOf(name)),
    onSuccess: () => client.invalidateQueries({ queryKey: probesKey }),
  });
}

export function useMaintenance() {
  return useQuery({
    queryKey: maintenanceKey,
    queryFn: ({ signal }) => getJson<{ items: Maintenance[] }>("/api/v1/maintenance", signal),
    refetchInterval: heal(60_000),
  });
}

export function usePlanMaintenance() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (window: NewMaintenance) => writeJson<Maintenance>("POST", "/api/v1/maintenance", window),
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: maintenanceKey }),
        client.invalidateQueries({ queryKey: probesKey }),
      ]),
  });
}

export function useEndMaintenance() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => writeJson<null>("DELETE", `/api/v1/maintenance/${encodeURIComponent(id)}`),
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: maintenanceKey }),
        client.invalidateQueries({ queryKey: probesKey }),
      ]),
  });
}
