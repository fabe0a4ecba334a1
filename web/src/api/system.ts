import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { boundsOf, type RangeChoice } from "../state/range";
import { useZone } from "../state/zone";
import { heal } from "./ask";
import { getJson } from "./client";

/** Shares are percent; bytes, errors and requests are those of the interval; null is unknown. */
export interface SystemSample {
  /** The end of the interval. */
  timestamp: string;
  interval_seconds: number;
  cpu_usage: number | null;
  memory_usage: number | null;
  disk_usage: number | null;
  disk_free_bytes: number | null;
  disk_read_bytes: number | null;
  disk_write_bytes: number | null;
  network_sent_bytes: number | null;
  network_received_bytes: number | null;
  network_errors: number | null;
  active_connections: number | null;
  total_requests: number | null;
  process_cpu_usage: number | null;
  process_memory_bytes: number | null;
  process_threads: number | null;
  event_loop_lag_ms: number | null;
  queue_depth: number | null;
  wal_bytes: number | null;
  gpu_usage: number | null;
  gpu_memory_usage: number | null;
}

export interface System {
  now: SystemSample | null;
  /** 0 when samples are as they were taken. */
  step_seconds: number;
  samples: SystemSample[];
}

export interface SystemCourse {
  system: System;
  startMs: number;
  endMs: number;
}

/** The machine is sampled every ten seconds. */
export const sampleMs = 10_000;
const shortMs = 3 * 3_600_000;

/** The machine and the server over the range, renewed as fast as the picture can show it. */
export function useSystem(range: RangeChoice) {
  const zone = useZone();
  return useQuery({
    queryKey: ["system", range.code, zone],
    queryFn: async ({ signal }): Promise<SystemCourse> => {
      const { startMs, endMs } = boundsOf(range, zone, Date.now());
      const params = new URLSearchParams({ start: new Date(startMs).toISOString() });
      if (endMs < Date.now()) params.set("end", new Date(endMs).toISOString());
      return { system: await getJson<System>(`/api/v1/system?${params}`, signal), startMs, endMs };
    },
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => {
      const { data } = state;
      if (state.status === "error" || !data) return heal(sampleMs)({ state });
      const covered = data.endMs - Date.parse(data.system.samples[0]?.timestamp ?? "");
      return covered > shortMs ? 3 * sampleMs : sampleMs;
    },
  });
}

export interface SenderInfo {
  sender: string;
  client: string | null;
  user_agent: string | null;
  first_seen: string;
  last_seen: string;
  /** Events it says it dropped since it began. */
  dropped: number;
}

export interface SenderList {
  senders: SenderInfo[];
}

export function useSenders() {
  return useQuery({
    queryKey: ["senders"],
    queryFn: ({ signal }) => getJson<SenderList>("/api/v1/senders", signal),
    refetchInterval: heal(30_000),
  });
}
