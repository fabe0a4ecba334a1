import { type ReactNode, useMemo } from "react";
import type { Result } from "../api/types";
import { type Bucket, bucketsOf, startField } from "../charts/buckets";
import chart from "../charts/chart.module.css";
import type { Line } from "../charts/LineChart";
import type { Mark } from "../charts/marks";
import { integer, percent, plural } from "../format";
import type { RangeChoice } from "../state/range";
import type { Field } from "../state/sheet";
import { useZoom } from "../state/zoom";
import { originOf, useSaid } from "./about";
import { ChartCard } from "./ChartCard";
import { Drawn } from "./Drawn";
import { Empty, type Loading } from "./states";

const interval = {
  title: "95 % interval",
  definition:
    "Where the true accuracy lies, as far as this number of labels tells (Wilson's score interval).",
  unit: "percent",
};
const columns = [
  { metric: "accuracy", head: "Accuracy", meaning: "accuracy" },
  { metric: "accuracy_low", head: "95 % from", meaning: interval },
  { metric: "accuracy_high", head: "to", meaning: interval },
] as const;
const labels = {
  title: "Labels",
  definition: "Predictions with a verdict real or fake that carry a label.",
  unit: "a count",
};

interface Props {
  title: string;
  result: Result | undefined;
  range: RangeChoice;
  height: number;
  loading: Loading;
  marks?: Mark[];
  tools?: ReactNode;
  className?: string | undefined;
}

/** How often the model was right, step by step, as far as labels tell; never without its interval. */
export function AccuracyCard({ title, result, range, height, loading, marks, tools, className }: Props) {
  const zoom = useZoom();
  // Labels are read from the rows themselves, whatever else the answer was read from.
  const said = useSaid(result && { ...originOf(result), source: "labelled predictions" });
  const accuracy = said("accuracy");
  const buckets = useMemo(() => (result ? bucketsOf(result) : []), [result]);
  const lines = useMemo(() => linesOf(result), [result]);
  const row = (bucket: Bucket) => result?.rows[buckets.indexOf(bucket)];
  const fields: Field<Bucket>[] = [
    startField,
    ...columns.map(
      ({ metric, head, meaning }): Field<Bucket> => ({
        key: `${metric}_percent`,
        head,
        said: said(meaning),
        number: true,
        value: (bucket) => row(bucket)?.[metric] ?? null,
        show: (bucket) => percent(row(bucket)?.[metric]),
      }),
    ),
    {
      key: "labels",
      head: "Labels",
      said: said(labels),
      number: true,
      value: (bucket) => row(bucket)?.accuracy_n ?? 0,
      show: (bucket) => integer(row(bucket)?.accuracy_n),
    },
  ];
  return (
    <ChartCard
      className={className}
      title={title}
      subtitle={`By label, per ${result?.interval ?? range.interval} ${range.words}. Labels of chosen cases, such as complaints, bias it.`}
      about={accuracy && [accuracy]}
      name={`accuracy-${range.code}`}
      fields={fields}
      rows={buckets}
      reversed
      height={height}
      loading={loading}
      tools={tools}
      legend={[
        {
          label: `Accuracy${result ? `, over the whole range ${accuracyWords(result)}` : ""}`,
          mark: <i className={chart.line} style={{ borderColor: "var(--vs-accent)" }} />,
          colour: "var(--vs-accent)",
        },
        {
          label: "95 % interval",
          mark: <i className={chart.dashed} />,
          colour: "var(--vs-muted)",
        },
      ]}
      empty={
        result &&
        result.totals.accuracy == null && <NotKnown n={result.totals.accuracy_n ?? 0} range={range} />
      }
    >
      {result && (
        <Drawn height={height}>
          {({ LineChart }) => (
            <LineChart
              buckets={buckets}
              lines={lines}
              {...(marks ? { marks } : {})}
              show={(value) => percent(value, 0)}
              fromZero={false}
              summary={`Accuracy ${accuracyWords(result)}.`}
              height={height}
              time={{ starts: buckets.map(({ start }) => start), end: result.range.end, ...zoom }}
            />
          )}
        </Drawn>
      )}
    </ChartCard>
  );
}

function NotKnown({ n, range }: { n: number; range: RangeChoice }) {
  return (
    <Empty>
      {n === 0 ? (
        <p>
          No prediction {range.words} carries a label, so nobody knows how often the model was right. Open a
          prediction and say whether its verdict was wrong, or send labels to the API.
        </p>
      ) : (
        <p>
          Not enough labels: {plural(n, "prediction")} {range.words} with a verdict real or fake{" "}
          {n === 1 ? "carries" : "carry"} one.
        </p>
      )}
    </Empty>
  );
}

function accuracyWords({ totals }: Result): string {
  const { accuracy, accuracy_low: low, accuracy_high: high, accuracy_n: n } = totals;
  return `${percent(accuracy)} (95 %: ${percent(low)} to ${percent(high)}, n = ${integer(n)})`;
}

function linesOf(result: Result | undefined): Line[] {
  if (!result) return [];
  const values = (metric: (typeof columns)[number]["metric"]) =>
    result.rows.map((row) => row[metric] ?? null);
  return [
    { label: "Accuracy", colour: ({ accent }) => accent, values: values("accuracy") },
    { label: "95 % from", colour: ({ muted }) => muted, values: values("accuracy_low"), dashed: true },
    { label: "to", colour: ({ muted }) => muted, values: values("accuracy_high"), dashed: true },
  ];
}
