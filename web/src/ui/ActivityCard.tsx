import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { Result } from "../api/types";
import { activityCsv, activityOf, type Bucket, summaryOf, totalOf } from "../charts/activity";
import chart from "../charts/chart.module.css";
import { download, toCsv } from "../csv";
import { integer } from "../format";
import type { RangeChoice } from "../state/search";
import { outcomes } from "../theme";
import { Card, CardAction } from "./Card";
import { ChartIcon, DownloadIcon, TableIcon } from "./icons";
import { Swatch } from "./Outcome";
import { Empty, Failed, FirstImage, type Loading, Skeleton } from "./states";
import { type Column, Table } from "./Table";

/** The chart library is large and fetched when needed, like data: it may fail, and then it is tried again. */
function useActivityChart() {
  return useQuery({
    queryKey: ["code", "ActivityChart"],
    queryFn: async () => ({ Chart: (await import("../charts/ActivityChart")).default }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    refetchInterval: ({ state }) => (state.status === "error" ? 5_000 : false),
  });
}

const height = 208;

interface Props {
  result: Result | undefined;
  range: RangeChoice;
  /** Whether anything was ever recorded, so that "none" can be told from "not yet". */
  nothingYet: boolean;
  filtered: boolean;
  loading: Loading;
  className?: string | undefined;
}

export function ActivityCard({ result, range, nothingYet, filtered, loading, className }: Props) {
  const [asTable, setAsTable] = useState(false);
  const code = useActivityChart();
  const activity = useMemo(() => (result ? activityOf(result) : null), [result]);
  const hourly = (activity?.interval ?? range.interval) === "hour";
  const empty = activity?.buckets.every((bucket) => totalOf(bucket) === 0) ?? false;
  const save = () => {
    if (!activity) return;
    const { head, rows } = activityCsv(activity);
    download(`verascope-activity-${range.code}.csv`, toCsv(head, rows));
  };
  return (
    <Card
      className={className}
      title={hourly ? "Hourly activity" : "Daily activity"}
      subtitle={`Predictions per ${hourly ? "hour" : "day"} ${range.words}, ${result?.range.time_zone ?? "UTC"}`}
      minHeight={height + 28}
      loading={loading}
      actions={
        activity &&
        !empty && (
          <>
            <CardAction
              label={asTable ? "Show as chart" : "Show as table"}
              icon={asTable ? <ChartIcon /> : <TableIcon />}
              onClick={() => setAsTable(!asTable)}
            />
            <CardAction label="Download as CSV" icon={<DownloadIcon />} onClick={save} />
          </>
        )
      }
    >
      {activity &&
        (empty ? (
          nothingYet && !filtered ? (
            <FirstImage />
          ) : (
            <Empty>
              <p>
                No predictions {range.words}
                {filtered ? " pass these filters" : ""}. Choose a longer range
                {filtered ? " or remove a filter" : ""} to see more.
              </p>
            </Empty>
          )
        ) : asTable ? (
          <Table
            label="Activity"
            columns={columns}
            rows={activity.buckets.toReversed()}
            rowKey={(bucket) => bucket.start}
            maxHeight={height + 28}
          />
        ) : (
          <>
            <div className={chart.legend}>
              {outcomes.map(({ name, label }) => (
                <span key={name}>
                  <Swatch outcome={name} />
                  {label}
                </span>
              ))}
              {activity.before && (
                <span>
                  <i className={chart.dashed} />
                  Total, {range.before}
                </span>
              )}
              {activity.buckets.at(-1)?.unfinished && (
                <span>
                  <i className={chart.unfinished} />
                  Not finished
                </span>
              )}
            </div>
            {code.data ? (
              <code.data.Chart activity={activity} summary={summaryOf(activity)} height={height} />
            ) : code.error ? (
              <Failed what="The chart" error={code.error} retry={() => void code.refetch()} />
            ) : (
              <Skeleton height={height} />
            )}
          </>
        ))}
    </Card>
  );
}

const columns: Column<Bucket>[] = [
  {
    key: "start",
    head: "From",
    cell: (bucket) => (bucket.unfinished ? `${bucket.title}, not finished` : bucket.title),
  },
  ...outcomes.map(
    ({ name, label }): Column<Bucket> => ({
      key: name,
      head: label,
      number: true,
      cell: (bucket) => integer(bucket[name]),
    }),
  ),
  { key: "total", head: "Total", number: true, cell: (bucket) => integer(totalOf(bucket)) },
];
