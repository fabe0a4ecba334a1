import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { RangeChoice } from "../state/search";
import { setZone } from "../state/zone";
import { getJson, getJsonWhateverStatus, postJson } from "./client";
import type {
  Batch,
  Filters,
  Health,
  MetricDictionary,
  MetricName,
  ModelInfo,
  Prediction,
  PredictionPage,
  Query,
} from "./types";

/** Anything under this key is counted from predictions, so a new prediction makes it old. */
export const numbersKey = ["numbers"] as const;
export const listKey = ["predictions"] as const;

const recoverEveryMs = 5_000;
/** Without events numbers still age: an hour ends, a day begins. */
const renewEveryMs = 60_000;

interface Asked {
  state: { status: string };
}
const heal =
  (otherwise: number | false) =>
  (query: Asked): number | false =>
    query.state.status === "error" ? recoverEveryMs : otherwise;

const outcomeCounts: MetricName[] = [
  "total_predictions",
  "real_predictions",
  "fake_predictions",
  "uncertain_predictions",
  "failed_predictions",
];

export type OverviewPart = "range" | "all" | "week" | "errors" | "clients" | "countries";
export type Overview = Batch<OverviewPart>;

export function overviewQueries(range: RangeChoice, filters: Filters): Record<OverviewPart, Query> {
  const breakdown: MetricName[] = ["total_predictions", "fake_share", "error_rate"];
  return {
    range: {
      metrics: [...outcomeCounts, "succeeded_predictions", "success_rate", "avg_inference_time"],
      range: range.query,
      interval: range.interval,
      compare: "previous",
      filters,
    },
    all: { metrics: ["total_predictions"], range: { all: true }, filters },
    week: {
      metrics: ["failed_predictions", "total_predictions", "error_rate"],
      range: { days: 7 },
      interval: "day",
      compare: "previous",
      filters,
    },
    errors: {
      metrics: ["failed_predictions"],
      dimensions: ["error_pattern"],
      range: range.query,
      order_by: "-failed_predictions",
      limit: 6,
      filters,
    },
    clients: {
      metrics: breakdown,
      dimensions: ["client"],
      range: range.query,
      order_by: "-total_predictions",
      limit: 6,
      filters,
    },
    countries: {
      metrics: breakdown,
      dimensions: ["country"],
      range: range.query,
      order_by: "-total_predictions",
      limit: 6,
      filters,
    },
  };
}

async function askBatch<Name extends string>(
  queries: Record<Name, Query>,
  signal: AbortSignal,
): Promise<Batch<Name>> {
  const batch = await postJson<Batch<Name>>("/api/v1/query/batch", { queries }, signal);
  for (const result of Object.values<Batch<Name>["results"][Name]>(batch.results)) {
    setZone(result.range.time_zone);
  }
  return batch;
}

/** All numbers of the overview in one request, so that they belong to the same moment. */
export function useOverview(range: RangeChoice, filters: Filters) {
  return useQuery({
    queryKey: [...numbersKey, "overview", range.code, filters],
    queryFn: ({ signal }) => askBatch(overviewQueries(range, filters), signal),
    placeholderData: keepPreviousData,
    refetchInterval: heal(renewEveryMs),
  });
}

/** How many predictions the list covers, and from when to when. */
export function useCount(range: RangeChoice, filters: Filters) {
  return useQuery({
    queryKey: [...numbersKey, "count", range.code, filters],
    queryFn: ({ signal }) =>
      askBatch({ count: { metrics: outcomeCounts, range: range.query, filters } }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: heal(renewEveryMs),
  });
}

function listPath(filters: Filters, limit: number, extra: Record<string, string | null>): string {
  const params = new URLSearchParams({ limit: String(limit) });
  for (const [name, values] of Object.entries(filters)) {
    for (const value of values) params.append(name, value);
  }
  for (const [name, value] of Object.entries(extra)) if (value) params.set(name, value);
  return `/api/v1/predictions?${params}`;
}

/** The newest predictions, whatever the range. Asked once the live feed is open, so that none is missed. */
export function useRecent(filters: Filters, enabled: boolean) {
  return useQuery({
    queryKey: ["recent", filters],
    queryFn: ({ signal }) => getJson<PredictionPage>(listPath(filters, 50, {}), signal),
    enabled,
    refetchInterval: heal(false),
  });
}

export function usePredictions(range: RangeChoice, filters: Filters, start: string | undefined) {
  return useInfiniteQuery({
    queryKey: [...listKey, range.code, filters],
    queryFn: ({ pageParam, signal }) =>
      getJson<PredictionPage>(listPath(filters, 50, { cursor: pageParam, start: start ?? null }), signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    enabled: start !== undefined,
    placeholderData: keepPreviousData,
    refetchInterval: heal(false),
  });
}

export function usePrediction(id: string, known: Prediction | undefined) {
  return useQuery({
    queryKey: ["prediction", id],
    queryFn: ({ signal }) => getJson<Prediction>(`/api/v1/predictions/${encodeURIComponent(id)}`, signal),
    ...(known ? { initialData: known } : {}),
    staleTime: 60_000,
  });
}

export function useMetrics() {
  return useQuery({
    queryKey: ["metrics"],
    queryFn: ({ signal }) => getJson<MetricDictionary>("/api/v1/metrics", signal),
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: heal(false),
  });
}

export function useHealth() {
  return useQuery({
    queryKey: ["health"],
    queryFn: ({ signal }) => getJsonWhateverStatus<Health>("/health", signal),
    refetchInterval: heal(30_000),
  });
}

export function useModel() {
  return useQuery({
    queryKey: ["info"],
    queryFn: ({ signal }) => getJson<ModelInfo>("/info", signal),
    staleTime: 300_000,
    refetchInterval: heal(false),
  });
}
