import { keepPreviousData, type QueryKey, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { heal } from "./ask";
import { getJson } from "./client";

interface Question {
  key: QueryKey;
  /** Where a page is asked for; the first one has no cursor. */
  path: (cursor: string | null) => string;
  /** How often all pages that are shown are asked for anew. */
  everyMs?: number | false;
  enabled?: boolean;
}

/** A list that comes page by page. */
export function usePages<Page extends { next_cursor: string | null }>({
  key,
  path,
  everyMs = false,
  enabled = true,
}: Question) {
  return useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => getJson<Page>(path(pageParam), signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    enabled,
    placeholderData: keepPreviousData,
    refetchInterval: heal(everyMs),
  });
}

/** What all pages hold, in their order; the same array until one of them changes. */
export function useRows<Item>({ data }: { data: { pages: { items: Item[] }[] } | undefined }): Item[] {
  return useMemo(() => data?.pages.flatMap(({ items }) => items) ?? [], [data]);
}
