import type { MetricName, Result, Row } from "../api/types";
import { scaleOf } from "../charts/steps";
import { countryName, integer, percent, plural } from "../format";
import type { Said } from "../state/said";
import type { Field } from "../state/sheet";
import { useViewChanges } from "../state/view";
import { type Meaning, originOf, shareOf, useAbout, useSaid } from "./about";
import { ChartCard } from "./ChartCard";
import styles from "./countries.module.css";
import { Coded } from "./Drawn";
import { ScaleLegend } from "./ScaleLegend";
import { Empty, type Loading } from "./states";
import { columnsOf, FilterValue, Table } from "./Table";

const height = 330;
const listed = 9;
const loadMap = () => import("../charts/WorldMap");

interface Props {
  result: Result | undefined;
  words: string;
  loading: Loading;
  className?: string | undefined;
}

/** Where predictions come from: the map, and the table that says the same in numbers. */
export function CountriesCard({ result, words, loading, className }: Props) {
  const { addFilter } = useViewChanges();
  const about = useAbout(["total_predictions", "fake_share", "error_rate"], result, [shareOf("country")]);
  const rows = result?.rows ?? [];
  const total = result?.totals.total_predictions ?? 0;
  const share = (row: Row) => (total > 0 ? ((row.total_predictions ?? 0) / total) * 100 : null);
  const known = rows.filter(({ country }) => /^[A-Z]{2}$/.test(country ?? ""));
  const places = known.map((row) => ({ code: row.country ?? "", count: row.total_predictions ?? 0 }));
  const scale = scaleOf(places.map(({ count }) => count));
  const rest = rows.length - listed;
  const fields = fieldsOf(share, useSaid(result && originOf(result)));
  return (
    <ChartCard
      className={className}
      title="Countries"
      subtitle={`Predictions ${words}, by where the caller's address is allocated`}
      about={about}
      name="countries"
      fields={fields}
      rows={rows}
      height={height}
      loading={loading}
      empty={
        result &&
        rows.length === 0 && (
          <Empty>
            <p>None {words}.</p>
          </Empty>
        )
      }
    >
      <div className={styles.split}>
        <div>
          <Coded name="map" load={loadMap} what="The map" height={height - 40}>
            {({ WorldMap }) => (
              <WorldMap
                places={places}
                scale={scale}
                total={total}
                summary={summaryOf(places, total)}
                onPick={(code) => addFilter("country", code)}
              />
            )}
          </Coded>
          <ScaleLegend scale={scale} />
        </div>
        <div>
          <Table
            label="Countries with the most predictions"
            rows={rows.slice(0, listed)}
            rowKey={({ country }) => country ?? ""}
            columns={columnsOf(fields.filter(({ key }) => key !== "name" && key !== "error_rate"))}
          />
          {rest > 0 && (
            <p className="quiet">{plural(rest, "country", "countries")} more in the table view.</p>
          )}
        </div>
      </div>
    </ChartCard>
  );
}

function fieldsOf(
  share: (row: Row) => number | null,
  said: (what: MetricName | Meaning) => Said | undefined,
): Field<Row>[] {
  return [
    {
      key: "country",
      head: "Country",
      value: ({ country }) => country ?? "unknown",
      show: ({ country }) => <FilterValue name="country" value={country} />,
    },
    {
      key: "name",
      head: "Code",
      value: ({ country }) => countryName(country),
      show: ({ country }) => country ?? "unknown",
    },
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
      said: said(shareOf("country")),
      number: true,
      value: share,
      show: (row) => percent(share(row)),
    },
    {
      key: "fake_share",
      head: "Fake share",
      said: said("fake_share"),
      number: true,
      value: (row) => row.fake_share ?? null,
      show: (row) => percent(row.fake_share),
    },
    {
      key: "error_rate",
      head: "Error rate",
      said: said("error_rate"),
      number: true,
      value: (row) => row.error_rate ?? null,
      show: (row) => percent(row.error_rate),
    },
  ];
}

function summaryOf(places: { code: string; count: number }[], total: number): string {
  const first = places.slice(0, 3).map(({ code, count }) => `${countryName(code)} ${integer(count)}`);
  const most = first.length > 0 ? ` Most: ${first.join(", ")}.` : "";
  return `World map: ${plural(total, "prediction")} from ${plural(places.length, "known country", "known countries")}.${most}`;
}
