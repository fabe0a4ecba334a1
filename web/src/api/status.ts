import { useQuery } from "@tanstack/react-query";
import type { Alert } from "./alerts";
import { heal } from "./ask";
import { alertsKey } from "./changes";
import { getJson } from "./client";
import type { Probe } from "./probes";
import { type SystemSample, sampleMs } from "./system";
import type { Branding, Health } from "./types";

export interface ProbeWord {
  name: string;
  status: Probe["status"];
}

/** How everything stands. A part that could not be read is null. */
export interface StatusSummary {
  health: Health;
  alerts: Alert[] | null;
  system: SystemSample | null;
  probes: ProbeWord[] | null;
  branding: Branding | null;
}

/** Among what a change of an alert makes old. */
export const statusKey = [...alertsKey, "status"] as const;

/** One answer for everything that stands around the numbers. */
export function useStatus(enabled: boolean, every: number | false = sampleMs) {
  return useQuery({
    queryKey: statusKey,
    queryFn: ({ signal }) => getJson<StatusSummary>("/api/v1/status", signal),
    staleTime: sampleMs / 2,
    refetchInterval: heal(every),
    enabled,
  });
}
