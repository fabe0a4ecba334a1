import type { NumberMetric, Result, Row } from "../api/types";
import { download } from "../csv";
import { integer, milliseconds, percent } from "../format";
import type { RangeChoice } from "../state/range";
import { csvOf, type Field } from "../state/sheet";
import { originOf, useAbout, useSaid } from "./about";
import { Card, CardAction } from "./Card";
import { DownloadIcon } from "./icons";
import { Empty, type Loading } from "./states";
import { columnsOf, FilterValue, Table } from "./Table";

type Show = (value: number | null | undefined) => string;
const metrics: { name: NumberMetric; head: string; show: Show }[] = [
  { name: "total_predictions", head: "Predictions", show: integer },
  { name: "inference_time_p50", head: "p50", show: milliseconds },
  { name: "inference_time_p95", head: "p95", show: milliseconds },
  { name: "inference_time_p99", head: "p99", show: milliseconds },
  { name: "avg_confidence", head: "Confidence", show: (value) => percent(value) },
  { name: "fake_share", head: "Fake share", show: (value) => percent(value) },
  { name: "uncertain_share", head: "Uncertain", show: (value) => percent(value) },
  { name: "error_rate", head: "Error rate", show: (value) => percent(value) },
];

interface Props {
  result: Result | undefined;
  range: RangeChoice;
  loading: Loading;
  className?: string | undefined;
}

/** Each model version beside the others. */
export function ModelsCard({ result, range, loading, className }: Props) {
  const about = useAbout(
    metrics.map(({ name }) => name),
    result,
  );
  const said = useSaid(result && originOf(result));
  const rows = result?.rows ?? [];
  const fields: Field<Row>[] = [
    {
      key: "model",
      head: "Model version",
      value: ({ model }) => model ?? "unknown",
      show: ({ model }) => <FilterValue name="model" value={model} />,
    },
    ...metrics.map(
      ({ name, head, show }): Field<Row> => ({
        key: name,
        head,
        said: said(name),
        number: true,
        value: (row) => row[name] ?? null,
        show: (row) => show(row[name]),
      }),
    ),
  ];
  return (
    <Card
      className={className}
      title="Model versions"
      subtitle={`Predictions ${range.words}, by the model that judged them`}
      about={about}
      minHeight={90}
      loading={loading}
      actions={
        rows.length > 0 && (
          <CardAction
            label="Download as CSV"
            icon={<DownloadIcon />}
            onClick={() => download(`verascope-models-${range.code}.csv`, csvOf(fields, rows))}
          />
        )
      }
    >
      {result && rows.length === 0 ? (
        <Empty>
          <p>None {range.words}.</p>
        </Empty>
      ) : (
        <Table
          label="Model versions"
          rows={rows}
          rowKey={({ model }) => model ?? ""}
          columns={columnsOf(fields)}
        />
      )}
    </Card>
  );
}
