import type { ReactNode } from "react";
import { useRows } from "../api/pages";
import { integer } from "../format";
import { NotRenewed } from "./NotRenewed";
import styles from "./pagedlist.module.css";
import { Failed, type Loading, loadingOf, Skeleton } from "./states";

interface Pages<Item> {
  data: { pages: { items: Item[] }[] } | undefined;
  error: Error | null;
  dataUpdatedAt: number;
  isPending: boolean;
  isPlaceholderData: boolean;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  refetch: () => unknown;
  fetchNextPage: () => unknown;
}

interface Props<Item> {
  /** As its landmark is called; "The …" in a sentence about its failure. */
  label: string;
  query: Pages<Item>;
  /** Of what is loaded, when that is more than the list itself. */
  loading?: Loading;
  /** Instead of the rows, when there is none. */
  empty: ReactNode;
  children: (rows: Item[]) => ReactNode;
}

/** A list that comes page by page, in whichever state it is. */
export function PagedList<Item>({ label, query, loading = loadingOf(query), empty, children }: Props<Item>) {
  const rows = useRows(query);
  const what = `The ${label.toLowerCase()}`;
  return (
    <>
      <NotRenewed query={query} what={what} />
      <section className={styles.box} data-outdated={loading.outdated || undefined} aria-label={label}>
        {loading.error ? (
          <div className={styles.inner}>
            <Failed what={what} error={loading.error} retry={loading.retry} />
          </div>
        ) : loading.pending ? (
          <div className={styles.inner}>
            <Skeleton height={240} />
          </div>
        ) : rows.length === 0 ? (
          <div className={styles.inner}>{empty}</div>
        ) : (
          children(rows)
        )}
        <LoadMore query={query} />
      </section>
    </>
  );
}

/** The button below a list that goes on, and the word that it does not any more. */
export function LoadMore<Item>({ query }: { query: Pages<Item> }) {
  const shown = integer(useRows(query).length);
  if (query.hasNextPage) {
    return (
      <button
        type="button"
        className={styles.more}
        onClick={() => void query.fetchNextPage()}
        disabled={query.isFetchingNextPage}
      >
        {query.isFetchingNextPage ? "Loading" : `Load more (${shown} shown)`}
      </button>
    );
  }
  return (query.data?.pages.length ?? 0) > 1 && <p className={styles.end}>All {shown} are shown.</p>;
}
