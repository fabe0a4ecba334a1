import type { Dimension, Result, Row } from "../api/types";
import { integer, percent } from "../format";
import type { RangeChoice } from "../state/range";
import type { Field } from "../state/sheet";
import { originOf, shareOf, useAbout, useSaid } from "./about";
import { ChartCard } from "./ChartCard";
import { Drawn } from "./Drawn";
import { Empty, type Loading } from "./states";

const barHeight = 28;
const least = 5;

interface Props {
  title: string;
  dimension: Dimension;
  result: Result | undefined;
  range: RangeChoice;
  loading: Loading;
  className?: string | undefined;
}

/** How predictions spread over the values of one dimension. */
export function BarsCard({ title, dimension, result, range, loading, className }: Props) {
  const about = useAbout(["total_predictions"], result, [shareOf(title.toLowerCase())]);
  const said = useSaid(result && originOf(result));
  const rows = result?.rows ?? [];
  const total = result?.totals.total_predictions ?? 0;
  const others = result?.other?.total_predictions ?? 0;
  const share = (row: Row) => (total > 0 ? ((row.total_predictions ?? 0) / total) * 100 : null);
  const all: Row[] =
    others > 0 ? [...rows, { [dimension]: "all others", total_predictions: others } as Row] : rows;
  const height = Math.max(least, all.length) * barHeight;
  const fields: Field<Row>[] = [
    { key: dimension, head: title, value: (row) => row[dimension] ?? "unknown" },
    {
      key: "total_predictions",
      head: "Predictions",
      said: said("total_predictions"),
      number: true,
      value: (row) => row.total_predictions ?? 0,
      show: (row) => integer(row.total_predictions),
    },
    {
      key: "share_percent",
      head: "Share",
      said: said(shareOf(title.toLowerCase())),
      number: true,
      value: share,
      show: (row) => percent(share(row)),
    },
  ];
  const bars = all.map((row) => ({
    label: row[dimension] ?? "unknown",
    value: row.total_predictions ?? 0,
    note: percent(share(row)),
  }));
  return (
    <ChartCard
      className={className}
      title={title}
      subtitle={`Share of predictions ${range.words}`}
      about={about}
      name={`${dimension}-${range.code}`}
      fields={fields}
      rows={all}
      height={height}
      loading={loading}
      empty={
        result &&
        all.length === 0 && (
          <Empty>
            <p>None {range.words}.</p>
          </Empty>
        )
      }
    >
      <Drawn height={height}>
        {({ BarsChart }) => (
          <BarsChart
            bars={bars}
            summary={bars.map(({ label, note }) => `${label} ${note}`).join(", ")}
            height={height}
          />
        )}
      </Drawn>
    </ChartCard>
  );
}
