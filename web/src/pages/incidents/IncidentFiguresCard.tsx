import { type IncidentFigures, useIncidentFigures } from "../../api/incidents";
import { download, toCsv } from "../../csv";
import { integer, took } from "../../format";
import { saidOf } from "../../ui/about";
import { Card, CardAction } from "../../ui/Card";
import { DownloadIcon } from "../../ui/icons";
import { SeverityBadge } from "../../ui/Severity";
import { Empty, loadingOf } from "../../ui/states";
import { Table } from "../../ui/Table";
import { Told } from "../../ui/Told";

const months = 6;
const origin = { range: "each month by itself", source: "incident timelines" };
const means = [
  {
    key: "mtta_seconds",
    head: "To acknowledge (MTTA)",
    definition:
      "Mean time from opening to the first acknowledgement, over the incidents that were acknowledged.",
  },
  {
    key: "mttr_seconds",
    head: "To resolve (MTTR)",
    definition: "Mean time from opening to resolving, over the incidents that were resolved.",
  },
  {
    key: "mttr_error_seconds",
    head: "Errors resolved",
    definition:
      "Mean time from opening to resolving of the incidents about errors alone: the error resolution time.",
  },
] as const;

/** How long people took, by month and severity. */
export function IncidentFiguresCard() {
  const query = useIncidentFigures(months);
  // A month without any says nothing in a table.
  const rows = query.data?.items.filter(({ incidents }) => incidents > 0) ?? [];
  const save = () =>
    download(
      "verascope-incidents.csv",
      toCsv(
        ["month", "severity", "incidents", ...means.map(({ key }) => key)],
        rows.map((row) => [row.month, row.severity, row.incidents, ...means.map(({ key }) => row[key])]),
      ),
    );
  return (
    <Card
      title="How long it took"
      subtitle={`Means by month and severity, the last ${months} months`}
      loading={loadingOf(query)}
      minHeight={60}
      actions={
        rows.length > 0 && <CardAction label="Download as CSV" icon={<DownloadIcon />} onClick={save} />
      }
    >
      {rows.length === 0 ? (
        <Empty>
          <p>
            None yet. Once incidents are acknowledged and resolved, the mean times stand here by month and
            severity.
          </p>
        </Empty>
      ) : (
        <Table
          label="Mean times"
          maxHeight={420}
          rows={rows}
          rowKey={({ month, severity }) => `${month} ${severity}`}
          columns={[
            { key: "month", head: "Month", cell: ({ month }) => month },
            {
              key: "severity",
              head: "Severity",
              cell: ({ severity }) => <SeverityBadge severity={severity} />,
            },
            {
              key: "incidents",
              head: "Incidents",
              said: saidOf(
                { title: "Incidents", definition: "Incidents opened in the month.", unit: "a count" },
                origin,
              ),
              number: true,
              cell: ({ incidents }) => integer(incidents),
            },
            ...means.map(({ key, head, definition }) => ({
              key,
              head,
              said: saidOf({ title: head, definition, unit: "time" }, origin),
              number: true,
              cell: (row: IncidentFigures) =>
                row[key] === null ? (
                  <span className="quiet">none yet</span>
                ) : (
                  <Told
                    title={head}
                    definition={definition}
                    facts={[
                      ["Exactly", `${integer(Math.round(row[key]))} s`],
                      ["Month", row.month],
                      ["Incidents", integer(row.incidents)],
                      ["Acknowledged", integer(row.acknowledged)],
                      ["Resolved", integer(row.resolved)],
                      ["Source", "incident timelines"],
                    ]}
                  >
                    {took(row[key])}
                  </Told>
                ),
            })),
          ]}
        />
      )}
    </Card>
  );
}
