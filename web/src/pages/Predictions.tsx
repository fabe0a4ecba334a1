import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { listKey, useCount, usePredictions } from "../api/queries";
import type { Prediction } from "../api/types";
import { fullTime, integer, milliseconds, percent, plural, rangeWords, recentTime } from "../format";
import { useSentIds } from "../state/analyses";
import { type LiveEvent, useLiveEvents } from "../state/live";
import { matches } from "../state/search";
import { useView, type ViewState } from "../state/view";
import { useZone } from "../state/zone";
import { CopyText } from "../ui/Copy";
import { OutcomeBadge } from "../ui/Outcome";
import { PredictionDrawer } from "../ui/PredictionDrawer";
import { Empty, Failed, FirstImage, loadingOf, Skeleton } from "../ui/states";
import { FilterValue } from "../ui/Table";
import styles from "./pages.module.css";
import list from "./predictions.module.css";

export function Predictions() {
  const view = useView();
  const { range, filters, filtered, id, open } = view;
  const count = useCount(range, filters);
  const counted = count.data?.results.count;
  const start = count.isPlaceholderData ? undefined : counted?.range.start;
  const predictions = usePredictions(range, filters, start);
  const rows = useMemo(() => predictions.data?.pages.flatMap((page) => page.items) ?? [], [predictions.data]);
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
        {news > 0 && (
          <button type="button" className={list.news} onClick={showNews}>
            {integer(news)} new
          </button>
        )}
      </div>
      <section className={list.box} data-outdated={loading.outdated || undefined} aria-label="Predictions">
        {error ? (
          <Failed
            what="The list"
            error={error}
            retry={() => void (count.error ? count.refetch() : loading.retry())}
          />
        ) : predictions.data === undefined ? (
          <Skeleton height={480} />
        ) : rows.length === 0 ? (
          filtered || total !== 0 ? (
            <Empty>
              <p>
                No predictions {range.words} pass these filters. Remove a filter or choose a longer range.
              </p>
            </Empty>
          ) : (
            <FirstImage />
          )
        ) : (
          <PredictionTable rows={rows} openId={id} />
        )}
        {predictions.hasNextPage && (
          <button
            type="button"
            className={list.next}
            onClick={() => void predictions.fetchNextPage()}
            disabled={predictions.isFetchingNextPage}
          >
            {predictions.isFetchingNextPage ? "Loading" : `Load more (${integer(rows.length)} shown)`}
          </button>
        )}
      </section>
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

function PredictionTable({ rows, openId }: { rows: Prediction[]; openId: string | undefined }) {
  const zone = useZone();
  const { open } = useView();
  const mine = useSentIds();
  return (
    <table className={list.table}>
      <thead>
        <tr>
          <th scope="col" data-column="time">
            Time
          </th>
          <th scope="col" data-column="outcome">
            Outcome
          </th>
          <th scope="col" data-number data-column="confidence">
            Confidence
          </th>
          <th scope="col">Client</th>
          <th scope="col" data-least="700">
            Country
          </th>
          <th scope="col" data-least="1100">
            Use case
          </th>
          <th scope="col" data-least="1100" data-column="model">
            Model
          </th>
          <th scope="col" data-number data-least="700" data-column="inference">
            Inference
          </th>
          <th scope="col" data-least="900" data-column="id">
            Id
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr
            key={row.id}
            data-prediction={row.id}
            data-open={row.id === openId || undefined}
            data-mine={mine.has(row.id) || undefined}
          >
            <td>
              <button
                type="button"
                className={list.open}
                onClick={() => open(row.id)}
                title={`${fullTime(row.timestamp, zone)}. Open`}
              >
                {recentTime(row.timestamp, Date.now(), zone)}
              </button>
            </td>
            <td>
              <OutcomeBadge outcome={row.outcome} />
              {row.error_message && (
                <span className={list.error} title={row.error_message}>
                  {row.error_message}
                </span>
              )}
            </td>
            <td data-number>{percent(row.confidence)}</td>
            <td>
              <FilterValue name="client" value={row.client} />
            </td>
            <td data-least="700">
              <FilterValue name="country" value={row.country} />
            </td>
            <td data-least="1100">
              <FilterValue name="use_case" value={row.use_case} />
            </td>
            <td data-least="1100">
              <FilterValue name="model" value={row.model_version} />
            </td>
            <td data-number data-least="700">
              {milliseconds(row.inference_time_ms)}
            </td>
            <td data-least="900">
              <CopyText text={row.id} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
