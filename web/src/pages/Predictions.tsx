import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { useRows } from "../api/pages";
import { listKey, useCount, usePredictions } from "../api/queries";
import type { Prediction } from "../api/types";
import { integer, plural, rangeWords } from "../format";
import { type LiveEvent, useLiveEvents } from "../state/live";
import { matches } from "../state/search";
import { useView, type ViewState } from "../state/view";
import { ColumnPicker } from "../ui/ColumnPicker";
import { PagedList } from "../ui/PagedList";
import { PredictionDrawer } from "../ui/PredictionDrawer";
import { PredictionTable } from "../ui/PredictionTable";
import { Empty, FirstImage, loadingOf } from "../ui/states";
import styles from "./pages.module.css";
import list from "./predictions.module.css";

export function Predictions() {
  const view = useView();
  const { range, filters, filtered, id, open } = view;
  const count = useCount(range, filters);
  const counted = count.data?.results.count;
  const start = count.isPlaceholderData ? undefined : counted?.range.start;
  const predictions = usePredictions(range, filters, start);
  const rows = useRows(predictions);
  const [news, showNews] = useNews(view, rows);
  const loading = loadingOf(predictions);
  const error = count.data === undefined ? count.error : loading.error;
  const total = counted?.totals.total_predictions;
  return (
    <div>
      <div className={styles.heading}>
        <h1>Predictions</h1>
        <p>
          {total == null || !counted
            ? "Counting"
            : `${plural(total, "prediction")}${filtered ? " with these filters" : ""}, ${rangeWords(counted.range)}`}
        </p>
        <span className={list.tools}>
          <ColumnPicker />
        </span>
        {news > 0 && (
          <button type="button" className={list.news} onClick={showNews}>
            {integer(news)} new
          </button>
        )}
      </div>
      <PagedList
        label="Predictions"
        query={predictions}
        loading={{
          pending: !error && predictions.data === undefined,
          error,
          outdated: loading.outdated,
          retry: () => void (count.error ? count.refetch() : loading.retry()),
        }}
        empty={
          filtered || total !== 0 ? (
            <Empty>
              <p>
                No predictions {range.words} pass these filters. Remove a filter or choose a longer range.
              </p>
            </Empty>
          ) : (
            <FirstImage />
          )
        }
      >
        {(rows) => <PredictionTable rows={rows} openId={id} />}
      </PagedList>
      <PredictionDrawer id={id} rows={rows} onOpen={open} />
    </div>
  );
}

/** How many matching predictions came since the list was loaded, and what shows them. */
function useNews({ range, filters }: ViewState, rows: Prediction[]): [number, () => void] {
  const client = useQueryClient();
  const [count, setCount] = useState(0);
  const newest = useRef<string | undefined>(undefined);
  const first = rows[0]?.received_at;
  useEffect(() => {
    newest.current = first;
    setCount(0);
  }, [first]);
  useLiveEvents(
    useCallback(
      (event: LiveEvent) => {
        if (event.type !== "predictions") return;
        const fresh = event.predictions.filter(
          (prediction) => matches(prediction, filters) && prediction.received_at > (newest.current ?? ""),
        );
        setCount((old) => old + fresh.length);
      },
      [filters],
    ),
  );
  const show = () => {
    setCount(0);
    void client.resetQueries({ queryKey: [...listKey, range.code, filters] });
  };
  return [count, show];
}
