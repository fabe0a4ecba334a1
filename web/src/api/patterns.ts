import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { heal, numbersKey } from "./ask";
import { getJson, writeJson } from "./client";
import type { Prediction, ResultRange } from "./types";

export const patternStates = ["open", "new", "ongoing", "regressed", "resolved", "ignored", "all"] as const;
/** open: new, ongoing and regressed together. */
export type PatternState = (typeof patternStates)[number];

/** Failures with the same fingerprint. Counts are of the range asked for, the rest is of all time. */
export interface ErrorPattern {
  pattern: string;
  /** Of the rule that made the fingerprint. */
  version: number;
  /** Of its newest failure. */
  message: string | null;
  status: "new" | "ongoing" | "regressed" | "resolved" | "ignored";
  first_seen: string;
  last_seen: string;
  count: number;
  /** Percent of all failures in the range. */
  share: number | null;
  /** The most affected first. */
  clients: PatternClient[];
  /** null when they are too many to tell. */
  affected_clients: number | null;
  /** Failures in each bucket of `trend_starts`. */
  trend: number[];
  assignee: string | null;
  ignored_until: string | null;
  resolved_at: string | null;
  regressed_at: string | null;
}

export interface PatternClient {
  name: string;
  count: number;
}

export interface PatternPage {
  items: ErrorPattern[];
  range: ResultRange;
  /** All failures in the range, whatever their pattern. */
  failed: number;
  interval: "hour" | "day";
  trend_starts: string[];
  /** Failures of patterns beyond those listed. */
  left_out: number;
  next_cursor: string | null;
}

export interface PatternEntry {
  at: string;
  kind: "first_seen" | "resolved" | "regressed" | "reopened" | "ignored" | "assigned";
  by: string | null;
  text: string;
}

export interface ErrorPatternDetail extends ErrorPattern {
  range: ResultRange;
  failed: number;
  interval: "hour" | "day";
  trend_starts: string[];
  samples: Prediction[];
  timeline: PatternEntry[];
}

/** New failures are announced by the live feed; that one came back, or that its ignoring ended, is not. */
const lookEveryMs = 10_000;

const key = [...numbersKey, "patterns"];
const path = "/api/v1/error-patterns";

/** Whole days up to now, or a range that may be over. */
export type PatternSpan = { days: number } | { start: string; end: string };

const spanOf = (span: PatternSpan): Record<string, string> =>
  "days" in span ? { range_days: String(span.days) } : { start: span.start, end: span.end };

export function usePatterns(state: PatternState, span: PatternSpan) {
  return useInfiniteQuery({
    queryKey: [...key, state, span],
    queryFn: ({ pageParam, signal }) => {
      const params = new URLSearchParams({ state, ...spanOf(span) });
      if (pageParam) params.set("cursor", pageParam);
      return getJson<PatternPage>(`${path}?${params}`, signal);
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
    refetchInterval: heal(lookEveryMs),
  });
}

const one = (pattern: string) => `${path}/${encodeURIComponent(pattern)}`;

export function usePattern(pattern: string, span: PatternSpan) {
  return useQuery({
    queryKey: [...key, "one", pattern, span],
    queryFn: ({ signal }) =>
      getJson<ErrorPatternDetail>(`${one(pattern)}?${new URLSearchParams(spanOf(span))}`, signal),
    placeholderData: keepPreviousData,
    refetchInterval: heal(lookEveryMs),
  });
}

export type PatternChange =
  | { act: "resolve" | "reopen" }
  | { act: "ignore"; until: string }
  | { act: "assign"; assignee: string | null };

export function useChangePattern(pattern: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ act, ...body }: PatternChange) =>
      writeJson<ErrorPatternDetail>(
        "POST",
        `${one(pattern)}/${act}`,
        Object.keys(body).length > 0 ? body : undefined,
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: key }),
  });
}
