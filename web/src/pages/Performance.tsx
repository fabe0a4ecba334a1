import { useBatch } from "../api/ask";
import { asked } from "../api/overview";
import type { Filters, Query } from "../api/types";
import { integer, milliseconds } from "../format";
import { useMarks } from "../state/marks";
import type { RangeChoice } from "../state/range";
import type { Comparison } from "../state/search";
import { useView } from "../state/view";
import { HistogramCard } from "../ui/HistogramCard";
import { LatencyCard, latencyMetrics } from "../ui/LatencyCard";
import { LoadCard } from "../ui/LoadCard";
import { MetricKpi } from "../ui/MetricKpi";
import { ModelsCard } from "../ui/ModelsCard";
import { Notices } from "../ui/Notices";
import { ScalingCard } from "../ui/ScalingCard";
import { loadingOf, useAnswered } from "../ui/states";
import styles from "./pages.module.css";

type Part = "course" | "models" | "changes" | "scaling";

function queries(range: RangeChoice, compare: Comparison, filters: Filters): Record<Part, Query> {
  const base = { range: range.query, filters };
  return {
    course: {
      ...base,
      metrics: [
        "total_predictions",
        "succeeded_predictions",
        ...latencyMetrics,
        "avg_response_time",
        "throughput_per_hour",
      ],
      interval: range.interval,
      compare: asked(compare),
      histograms: ["inference_time", "confidence"],
    },
    models: {
      ...base,
      metrics: [
        "total_predictions",
        ...latencyMetrics,
        "avg_confidence",
        "fake_share",
        "uncertain_share",
        "error_rate",
      ],
      dimensions: ["model"],
      histograms: ["inference_time", "confidence"],
      limit: 12,
    },
    changes: {
      ...base,
      metrics: ["total_predictions"],
      dimensions: ["model"],
      interval: range.interval,
      limit: 12,
    },
    scaling: { ...base, metrics: ["total_predictions", "inference_time_p95"], interval: "auto" },
  };
}

/** How fast the service answers, how sure it is, and whether load slows it down. */
export function Performance() {
  const wanted = useView();
  const performance = useBatch("performance", queries(wanted.range, wanted.compare, wanted.filters));
  const { range, compare } = useAnswered(wanted, performance);
  const results = performance.data?.results;
  const loading = loadingOf(performance);
  const card = { range, loading };
  const compared = { ...card, compare };
  const marks = useMarks(results?.changes, results?.course);
  return (
    <div className={styles.grid}>
      <h1 className={styles.title}>Performance</h1>
      <Notices results={results} />
      {latencyMetrics.map((metric) => (
        <MetricKpi
          key={metric}
          {...compared}
          metric={metric}
          result={results?.course}
          note={({ succeeded_predictions }) => `n = ${integer(succeeded_predictions)}, within 2 %`}
        />
      ))}
      <MetricKpi
        {...compared}
        metric="throughput_per_hour"
        result={results?.course}
        note={({ avg_response_time }) =>
          avg_response_time == null ? "" : `mean response ${milliseconds(avg_response_time)}`
        }
      />
      <LatencyCard
        className={styles.whole}
        title="Latency"
        result={results?.course}
        height={250}
        marks={marks}
        {...card}
      />
      <HistogramCard
        className={styles.half}
        title="How long inference took"
        measure="inference_time"
        results={results && [results.course, results.models]}
        {...card}
      />
      <HistogramCard
        className={styles.half}
        title="How sure the model was"
        measure="confidence"
        results={results && [results.course, results.models]}
        {...card}
      />
      <LoadCard className={styles.half} result={results?.course} marks={marks} {...compared} />
      <ScalingCard className={styles.half} result={results?.scaling} {...card} />
      <ModelsCard className={styles.whole} result={results?.models} {...card} />
    </div>
  );
}
