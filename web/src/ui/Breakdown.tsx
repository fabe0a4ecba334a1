import type { NumberMetric, Result, Row } from "../api/types";
import { download, toCsv } from "../csv";
import { countryName, integer, percent } from "../format";
import { originOf, useAbout, useSaid } from "./about";
import { Card, CardAction } from "./Card";
import { DownloadIcon } from "./icons";
import { Empty, type Loading } from "./states";
import { FilterValue, Table } from "./Table";

interface Props {
  title: string;
  name: "client" | "country";
  result: Result | undefined;
  words: string;
  loading: Loading;
  className?: string | undefined;
}

const metrics: { name: NumberMetric; head: string; show: (value: number | null | undefined) => string }[] = [
  { name: "total_predictions", head: "Predictions", show: integer },
  { name: "fake_share", head: "Fake share", show: percent },
  { name: "error_rate", head: "Error rate", show: percent },
];

/** Who or where the predictions come from, the largest first. */
export function Breakdown({ title, name, result, words, loading, className }: Props) {
  const about = useAbout(
    metrics.map((metric) => metric.name),
    result,
  );
  const said = useSaid(result && originOf(result));
  const rows = result?.rows ?? [];
  const others = result?.other?.total_predictions ?? 0;
  const save = () =>
    download(
      `verascope-${name}.csv`,
      toCsv(
        [name, ...metrics.map((metric) => metric.name)],
        rows.map((row) => [row[name] ?? "", ...metrics.map((metric) => row[metric.name] ?? null)]),
      ),
    );
  return (
    <Card
      className={className}
      title={title}
      subtitle={`Predictions ${words}`}
      about={about}
      minHeight={80}
      loading={loading}
      actions={
        rows.length > 0 && <CardAction label="Download as CSV" icon={<DownloadIcon />} onClick={save} />
      }
    >
      {result && rows.length === 0 && (
        <Empty>
          <p>None {words}.</p>
        </Empty>
      )}
      {result && rows.length > 0 && (
        <Table
          label={title}
          rows={rows}
          rowKey={(row: Row) => row[name] ?? ""}
          columns={[
            {
              key: name,
              head: name === "client" ? "Client" : "Country",
              cell: (row) => (
                <span title={name === "country" ? countryName(row.country) : undefined}>
                  <FilterValue name={name} value={row[name]} />
                </span>
              ),
            },
            ...metrics.map((metric) => ({
              key: metric.name,
              head: metric.head,
              said: said(metric.name),
              number: true,
              cell: (row: Row) => metric.show(row[metric.name]),
            })),
          ]}
        />
      )}
      {others > 0 && (
        <p className="quiet">
          {integer(others)} more from other {name === "client" ? "clients" : "countries"}.
        </p>
      )}
    </Card>
  );
}
