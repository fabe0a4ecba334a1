import { useBatch } from "../api/ask";
import { asked } from "../api/overview";
import type { Filters, Query } from "../api/types";
import { dayAndClock, integer, plural } from "../format";
import { useMarks } from "../state/marks";
import type { RangeChoice } from "../state/range";
import type { Comparison } from "../state/search";
import { useView } from "../state/view";
import { BarsCard } from "../ui/BarsCard";
import { ClientsCard, clientSort } from "../ui/ClientsCard";
import { CountriesCard } from "../ui/CountriesCard";
import { LoadCard } from "../ui/LoadCard";
import { MetricKpi } from "../ui/MetricKpi";
import { Notices } from "../ui/Notices";
import { loadingOf, useAnswered } from "../ui/states";
import { WeekCard } from "../ui/WeekCard";
import styles from "./pages.module.css";

type Part = "load" | "changes" | "peak" | "clients" | "countries" | "week" | "useCases" | "formats" | "sizes";

function queries(
  range: RangeChoice,
  compare: Comparison,
  filters: Filters,
  sort: string,
): Record<Part, Query> {
  const split = (dimension: "use_case" | "image_format", limit: number): Query => ({
    metrics: ["total_predictions"],
    dimensions: [dimension],
    range: range.query,
    filters,
    order_by: "-total_predictions",
    limit,
  });
  return {
    load: {
      metrics: ["total_predictions", "throughput_per_hour", "revenue"],
      range: range.query,
      interval: range.interval,
      compare: asked(compare),
      filters,
    },
    changes: {
      metrics: ["total_predictions"],
      dimensions: ["model"],
      range: range.query,
      interval: range.interval,
      filters,
      limit: 12,
    },
    // The busiest minute of each step would read every minute of the range: one for all of it is enough.
    peak: {
      metrics: ["peak_load", "total_predictions"],
      range: range.query,
      compare: asked(compare),
      filters,
    },
    clients: {
      metrics: ["total_predictions", "success_rate", "fake_share", "revenue"],
      dimensions: ["client"],
      range: range.query,
      interval: range.interval === "minute" ? "hour" : range.interval,
      compare: asked(compare),
      order_by: sort,
      limit: 25,
      filters,
    },
    countries: {
      metrics: ["total_predictions", "fake_share", "error_rate"],
      dimensions: ["country"],
      range: range.query,
      order_by: "-total_predictions",
      limit: 300,
      filters,
    },
    week: {
      metrics: ["total_predictions"],
      dimensions: ["weekday_hour"],
      range: range.query,
      limit: 168,
      filters,
    },
    useCases: split("use_case", 8),
    formats: split("image_format", 10),
    sizes: {
      metrics: ["total_predictions"],
      dimensions: ["file_size"],
      range: range.query,
      order_by: "file_size",
      filters,
    },
  };
}

/** Who uses the service, when, from where and for what. */
export function Usage() {
  const wanted = useView();
  const usage = useBatch(
    "usage",
    queries(wanted.range, wanted.compare, wanted.filters, clientSort(wanted.view.sort)),
  );
  const { range, compare } = useAnswered(wanted, usage);
  const results = usage.data?.results;
  const loading = loadingOf(usage);
  const zone = results?.load.range.time_zone ?? "UTC";
  const clients = results && results.clients.rows.length > 0 ? (results.clients.groups ?? []) : [];
  const marks = useMarks(results?.changes, results?.load);
  const card = { range, loading };
  const compared = { ...card, compare };
  return (
    <div className={styles.grid}>
      <h1 className={styles.title}>Usage</h1>
      <Notices results={results} />
      <MetricKpi
        {...compared}
        metric="total_predictions"
        label="Predictions"
        result={results?.load}
        note={() => plural(clients.length, results?.clients.other ? "client and more" : "client")}
      />
      <MetricKpi
        {...compared}
        metric="peak_load"
        result={results?.peak}
        note={({ peak_load_at }) =>
          peak_load_at ? `on ${dayAndClock(peak_load_at, zone)}` : "nothing counted"
        }
      />
      <MetricKpi
        {...compared}
        metric="throughput_per_hour"
        result={results?.load}
        note={() => "mean over the hours passed"}
      />
      <MetricKpi
        {...compared}
        metric="revenue"
        result={results?.load}
        note={({ total_predictions }) => `of ${integer(total_predictions)} predictions`}
      />
      <ClientsCard className={styles.whole} result={results?.clients} {...compared} />
      <LoadCard
        className={styles.half}
        result={results?.load}
        peak={results?.peak}
        marks={marks}
        {...compared}
      />
      <WeekCard className={styles.half} result={results?.week} {...card} />
      <CountriesCard
        className={styles.whole}
        result={results?.countries}
        words={range.words}
        loading={loading}
      />
      <BarsCard
        className={styles.third}
        title="Use cases"
        dimension="use_case"
        result={results?.useCases}
        {...card}
      />
      <BarsCard
        className={styles.third}
        title="File formats"
        dimension="image_format"
        result={results?.formats}
        {...card}
      />
      <BarsCard
        className={styles.third}
        title="File sizes"
        dimension="file_size"
        result={results?.sizes}
        {...card}
      />
    </div>
  );
}
