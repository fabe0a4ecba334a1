import { useMemo } from "react";
import type { Result, Row } from "../api/types";
import { Sparkline } from "../charts/Sparkline";
import { download } from "../csv";
import { integer, money, percent, plural } from "../format";
import { countChange } from "../state/change";
import type { RangeChoice } from "../state/range";
import type { Comparison } from "../state/search";
import { csvOf, type Field } from "../state/sheet";
import { useView } from "../state/view";
import { originOf, shareOf, useAbout, useSaid } from "./about";
import { Card, CardAction } from "./Card";
import { againstWords } from "./compared";
import { DownloadIcon } from "./icons";
import kpi from "./kpi.module.css";
import { Empty, type Loading } from "./states";
import { type Column, columnsOf, FilterValue, Table } from "./Table";

const sortable = ["client", "total_predictions", "success_rate", "fake_share", "revenue"];
const defaultSort = "-total_predictions";
const courseMeaning = {
  title: "Course",
  definition: "Predictions step by step over the range.",
  unit: "a count",
};

/** What the address says, as far as this table can be sorted by it. */
export function clientSort(sort: string | undefined): string {
  return sort !== undefined && sortable.includes(sort.replace(/^-/, "")) ? sort : defaultSort;
}

interface Client {
  row: Row;
  before: Row | null;
  course: (number | null)[];
}

interface Props {
  result: Result | undefined;
  range: RangeChoice;
  compare: Comparison;
  loading: Loading;
  className?: string | undefined;
}

/** Who sends, how much, and whether that grows. */
export function ClientsCard({ result, range, compare, loading, className }: Props) {
  const { view, keep } = useView();
  const grown = {
    title: "Growth",
    definition: `Predictions against ${compare === "none" ? "nothing" : againstWords(compare, range)}; grey when the change is within chance.`,
    unit: "percent",
  };
  const about = useAbout(["total_predictions", "success_rate", "fake_share", "revenue"], result, [
    shareOf("client"),
    ...(compare === "none" ? [] : [grown]),
    courseMeaning,
  ]);
  const said = useSaid(result && originOf(result));
  const sort = clientSort(view.sort);
  const clients = useMemo(() => clientsOf(result), [result]);
  const total = result?.totals.total_predictions ?? 0;
  const nBefore = result?.compare?.totals.total_predictions ?? 0;
  const share = ({ row }: Client) => (total > 0 ? ((row.total_predictions ?? 0) / total) * 100 : null);
  const growth = ({ row, before }: Client) => {
    const [now, then] = [row.total_predictions, before?.total_predictions];
    return now == null || !then ? null : (now / then - 1) * 100;
  };
  const fields: Field<Client>[] = [
    {
      key: "client",
      head: "Client",
      value: ({ row }) => row.client ?? "",
      show: ({ row }) => <FilterValue name="client" value={row.client} />,
    },
    {
      key: "total_predictions",
      head: "Predictions",
      said: said("total_predictions"),
      number: true,
      value: ({ row }) => row.total_predictions ?? 0,
      show: ({ row }) => integer(row.total_predictions),
    },
    {
      key: "share_percent",
      head: "Share",
      said: said(shareOf("client")),
      number: true,
      value: share,
      show: (one) => percent(share(one)),
    },
    ...(compare === "none"
      ? []
      : [
          {
            key: "growth_percent",
            head: "Growth",
            said: said(grown),
            number: true,
            value: growth,
            show: (one: Client) => (
              <Growth client={one} nBefore={nBefore} against={againstWords(compare, range)} />
            ),
          },
        ]),
    {
      key: "success_rate",
      head: "Success rate",
      said: said("success_rate"),
      number: true,
      value: ({ row }) => row.success_rate ?? null,
      show: ({ row }) => percent(row.success_rate),
    },
    {
      key: "fake_share",
      head: "Fake share",
      said: said("fake_share"),
      number: true,
      value: ({ row }) => row.fake_share ?? null,
      show: ({ row }) => percent(row.fake_share),
    },
    {
      key: "revenue",
      head: "Revenue",
      said: said("revenue"),
      number: true,
      value: ({ row }) => row.revenue ?? null,
      show: ({ row }) => (row.revenue == null ? "–" : money(row.revenue)),
    },
  ];
  const columns: Column<Client>[] = columnsOf(fields).map((column) => ({
    ...column,
    sortable: sortable.includes(column.key),
  }));
  columns.splice(2, 0, {
    key: "course",
    head: "Course",
    said: said(courseMeaning),
    cell: ({ course }) => (
      <Sparkline values={course} unfinished={result?.range.unfinished ?? false} fromZero />
    ),
  });
  const others = result?.other?.total_predictions ?? 0;
  return (
    <Card
      className={className}
      title="Clients"
      subtitle={`Predictions ${range.words}`}
      about={about}
      minHeight={200}
      loading={loading}
      actions={
        clients.length > 0 && (
          <CardAction
            label="Download as CSV"
            icon={<DownloadIcon />}
            onClick={() => download(`verascope-clients-${range.code}.csv`, csvOf(fields, clients))}
          />
        )
      }
    >
      {result && clients.length === 0 ? (
        <Empty>
          <p>None {range.words}.</p>
        </Empty>
      ) : (
        <Table
          label="Clients"
          columns={columns}
          rows={clients}
          rowKey={({ row }) => row.client ?? ""}
          maxHeight={420}
          sort={sort}
          onSort={(next) => keep({ sort: next === defaultSort ? undefined : next })}
        />
      )}
      {others > 0 && <p className="quiet">{plural(others, "prediction")} more from other clients.</p>}
    </Card>
  );
}

function clientsOf(result: Result | undefined): Client[] {
  const courses = new Map<string, (number | null)[]>();
  for (const row of result?.rows ?? []) {
    const course = courses.get(row.client ?? "") ?? [];
    course.push(row.total_predictions ?? null);
    courses.set(row.client ?? "", course);
  }
  const before = new Map((result?.compare?.groups ?? []).map((row) => [row.client, row]));
  return (result?.groups ?? []).map((row) => ({
    row,
    before: before.get(row.client) ?? null,
    course: courses.get(row.client ?? "") ?? [],
  }));
}

function Growth({ client, nBefore, against }: { client: Client; nBefore: number; against: string }) {
  const { row, before } = client;
  if (!before?.total_predictions) {
    return <span title={`No predictions in ${against}`}>{row.total_predictions ? "new" : "–"}</span>;
  }
  const change = countChange(row.total_predictions, before.total_predictions, nBefore, "better");
  if (!change) return "–";
  return (
    <span className={kpi.change} data-tone={change.tone} title={`Against ${against}: ${change.detail}`}>
      {change.text}
    </span>
  );
}
