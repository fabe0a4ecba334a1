import { useState } from "react";
import type { Histogram, Measure, Result } from "../api/types";
import { integer, milliseconds, percent } from "../format";
import type { RangeChoice } from "../state/range";
import type { Field } from "../state/sheet";
import { originOf, useAbout, useSaid } from "./about";
import { ChartCard } from "./ChartCard";
import { Drawn } from "./Drawn";
import form from "./form.module.css";
import { Empty, type Loading } from "./states";

const height = 220;

type Bin = Histogram["bins"][number];

const edges: Record<Measure, (value: number) => string> = {
  inference_time: milliseconds,
  response_time: milliseconds,
  confidence: (value) => percent(value, 0),
};

interface Props {
  title: string;
  measure: Measure;
  /** Answers that carry histograms: the whole range's, then those by model version. */
  results: Result[] | undefined;
  range: RangeChoice;
  loading: Loading;
  className?: string | undefined;
}

/** The spread of one measure, over everything or one model version. */
export function HistogramCard({ title, measure, results, range, loading, className }: Props) {
  const about = useAbout(
    ["succeeded_predictions", measure === "confidence" ? "avg_confidence" : "avg_inference_time"],
    results?.[0],
  );
  const [whole] = results ?? [];
  const said = useSaid(whole && originOf(whole));
  const [chosen, setChosen] = useState("");
  const all = (results ?? [])
    .flatMap(({ histograms }) => histograms ?? [])
    .filter((one) => one.measure === measure);
  const models = [...new Set(all.flatMap(({ group }) => (group.model ? [group.model] : [])))];
  const model = models.includes(chosen) ? chosen : "";
  const histogram = all.find(({ group }) => (group.model ?? "") === model);
  const edge = edges[measure];
  const unit = measure === "confidence" ? "percent" : "milliseconds";
  const edgeField = (key: "from" | "to", head: string, definition: string): Field<Bin> => ({
    key,
    head,
    said: said({ title: "Bar", definition, unit }),
    number: true,
    value: (bin) => bin[key],
    show: (bin) => edge(bin[key]),
  });
  const n = histogram?.n ?? 0;
  return (
    <ChartCard
      className={className}
      title={title}
      subtitle={`${integer(n)} succeeded predictions ${range.words}${model ? `, ${model}` : ""}`}
      about={about}
      name={`${measure}-${range.code}`}
      fields={[
        edgeField("from", "From", "Where the bar begins."),
        edgeField("to", "To", "Where the bar ends."),
        {
          key: "predictions",
          head: "Predictions",
          said: said("succeeded_predictions"),
          number: true,
          value: (bin) => bin.n,
          show: (bin) => integer(bin.n),
        },
      ]}
      rows={histogram?.bins ?? []}
      height={height}
      loading={loading}
      tools={
        models.length > 1 && (
          <select
            className={form.select}
            aria-label={`Model version of: ${title}`}
            value={model}
            onChange={(event) => setChosen(event.currentTarget.value)}
          >
            <option value="">All models</option>
            {models.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )
      }
      empty={
        results &&
        n === 0 && (
          <Empty>
            <p>Nothing succeeded {range.words}, so there is nothing to spread.</p>
          </Empty>
        )
      }
    >
      {histogram && (
        <Drawn height={height}>
          {({ HistogramChart }) => (
            <HistogramChart
              histogram={histogram}
              edge={edge}
              summary={summaryOf(histogram, edge)}
              height={height}
            />
          )}
        </Drawn>
      )}
    </ChartCard>
  );
}

function summaryOf({ bins, n }: Histogram, edge: (value: number) => string): string {
  const most = bins.reduce((best, bin) => (bin.n > best.n ? bin : best), { from: 0, to: 0, n: 0 });
  return `Histogram of ${integer(n)} predictions; most lie from ${edge(most.from)} to ${edge(most.to)}: ${integer(most.n)}.`;
}
