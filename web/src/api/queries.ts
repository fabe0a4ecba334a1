import { keepPreviousData, type QueryClient, useQuery } from "@tanstack/react-query";
import type { RangeChoice } from "../state/range";
import type { Comparison, FilterName, View } from "../state/search";
import { setZone } from "../state/zone";
import { askBatch, batchOf, heal, numbersKey, renewEveryMs, useBatch } from "./ask";
import { getJson, getJsonWhateverStatus } from "./client";
import { outcomeCounts, overviewOf, overviewQueries } from "./overview";
import { usePages } from "./pages";
import type {
  Filters,
  Health,
  MetricDictionary,
  ModelInfo,
  Prediction,
  PredictionPage,
  Query,
} from "./types";

export const listKey = ["predictions"] as const;

/** Asks for the overview's numbers while the page is still on its way to asking itself. */
export function prefetchOverview(queries: QueryClient, view: View): void {
  void queries.prefetchQuery(batchOf("overview", overviewOf(view)));
}

export function useOverview(range: RangeChoice, compare: Comparison, filters: Filters) {
  return useBatch("overview", overviewQueries(range, compare, filters));
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

/** The values of a dimension in the range, the most frequent first, whatever is chosen of it already. */
export function useValues(name: FilterName, range: RangeChoice, filters: Filters, enabled: boolean) {
  const { [name]: _, ...others } = filters;
  return useQuery({
    queryKey: ["values", name, range.code, others],
    queryFn: async ({ signal }) => {
      const metric = name === "error_pattern" ? "failed_predictions" : "total_predictions";
      const query: Query = {
        metrics: [metric],
        dimensions: [name],
        range: range.query,
        order_by: `-${metric}`,
        limit: 1000,
        filters: others,
      };
      const { results } = await askBatch({ values: query }, signal);
      return results.values.rows.flatMap((row) =>
        row[name] == null ? [] : [{ value: row[name], count: row[metric] ?? 0 }],
      );
    },
    staleTime: 30_000,
    enabled,
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
  return usePages<PredictionPage>({
    key: [...listKey, range.code, filters],
    path: (cursor) => listPath(filters, 50, { cursor, start: start ?? null }),
    enabled: start !== undefined,
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
    queryFn: async ({ signal }) => {
      const dictionary = await getJson<MetricDictionary>("/api/v1/metrics", signal);
      setZone(dictionary.tenant.time_zone);
      return dictionary;
    },
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

export function useModel(enabled = true) {
  return useQuery({
    queryKey: ["info"],
    queryFn: ({ signal }) => getJson<ModelInfo>("/info", signal),
    staleTime: 300_000,
    enabled,
    refetchInterval: heal(false),
  });
}
