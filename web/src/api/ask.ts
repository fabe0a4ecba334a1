import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { setZone } from "../state/zone";
import { postJson } from "./client";
import { batchPath } from "./overview";
import type { Batch, Query } from "./types";

/** Anything under this key is counted from predictions, so a new prediction makes it old. */
export const numbersKey = ["numbers"] as const;

const recoverEveryMs = 5_000;
/** Without events numbers still age: an hour ends, a day begins. */
export const renewEveryMs = 60_000;

interface Asked {
  state: { status: string };
}

/** What failed is tried again by itself, soon. */
export const heal =
  (otherwise: number | false) =>
  (query: Asked): number | false =>
    query.state.status === "error" ? recoverEveryMs : otherwise;

export async function askBatch<Name extends string>(
  queries: Record<Name, Query>,
  signal: AbortSignal,
): Promise<Batch<Name>> {
  const batch = await postJson<Batch<Name>>(batchPath, { queries }, signal);
  for (const result of Object.values<Batch<Name>["results"][Name]>(batch.results)) {
    setZone(result.range.time_zone);
  }
  return batch;
}

/** All numbers of a page in one request, so that they belong to the same moment. */
export function batchOf<Name extends string>(page: string, queries: Record<Name, Query>) {
  return queryOptions({
    queryKey: [...numbersKey, page, queries],
    queryFn: ({ signal }) => askBatch(queries, signal),
  });
}

export function useBatch<Name extends string>(page: string, queries: Record<Name, Query>) {
  return useQuery({
    ...batchOf(page, queries),
    placeholderData: keepPreviousData,
    refetchInterval: heal(renewEveryMs),
  });
}
