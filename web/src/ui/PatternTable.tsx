import type { ErrorPattern, PatternPage } from "../api/patterns";
import { Sparkline } from "../charts/Sparkline";
import { fullTime, integer, percent, plural, rangeWords, recentTime } from "../format";
import { useView } from "../state/view";
import { useZone } from "../state/zone";
import styles from "./patterns.module.css";
import { StateBadge } from "./StateBadge";
import { type Column, FilterValue, Table } from "./Table";
import { Told } from "./Told";

/** Failures by what went wrong, the most frequent first; a row opens its drawer. */
export function PatternTable({ rows, page }: { rows: ErrorPattern[]; page: PatternPage }) {
  const { open } = useView();
  const zone = useZone();
  const facts = (unit: string, range = rangeWords(page.range)): [string, string][] => [
    ["Unit", unit],
    ["Range", range],
    ["Source", "failed predictions, grouped by fingerprint"],
  ];
  const time = (text: string) => (
    <time dateTime={text} title={fullTime(text, zone)}>
      {recentTime(text, Date.now(), zone)}
    </time>
  );
  const columns: Column<ErrorPattern>[] = [
    {
      key: "pattern",
      head: "Pattern",
      cell: (row) => (
        <div className={styles.pattern}>
          <button type="button" className={styles.open} onClick={() => open(row.pattern)}>
            {row.pattern}
          </button>
          {row.message && row.message !== row.pattern && (
            <span className={styles.message} title={row.message}>
              {row.message}
            </span>
          )}
        </div>
      ),
    },
    {
      key: "status",
      head: (
        <Told
          title="Status"
          definition="New: first seen lately. Ongoing: seen before and still happening. Came back: happened again after it was resolved. Resolved and ignored: by somebody's word."
          facts={[]}
        >
          Status
        </Told>
      ),
      cell: (row) => (
        <div className={styles.status}>
          <StateBadge state={row.status} />
          {row.assignee && <span className={styles.message}>{row.assignee}</span>}
        </div>
      ),
    },
    {
      key: "trend",
      head: (
        <Told
          title="Trend"
          definition={`Failures of this pattern per ${page.interval}; the last ${page.interval} is not over.`}
          facts={facts("a count")}
        >
          Trend
        </Told>
      ),
      cell: (row) => <Sparkline values={row.trend} unfinished={page.range.unfinished} fromZero />,
    },
    {
      key: "count",
      head: (
        <Told
          title="Failures"
          definition="Predictions that failed with this pattern."
          facts={facts("a count")}
        >
          Failures
        </Told>
      ),
      number: true,
      cell: (row) => integer(row.count),
    },
    {
      key: "share",
      head: (
        <Told title="Share" definition="Of all failed predictions in the range." facts={facts("percent")}>
          Share
        </Told>
      ),
      number: true,
      cell: (row) => percent(row.share),
    },
    {
      key: "clients",
      head: (
        <Told
          title="Clients"
          definition="Who was affected, the most first."
          facts={facts("a name, and how many others")}
        >
          Clients
        </Told>
      ),
      cell: (row) => {
        const [first] = row.clients;
        const others = (row.affected_clients ?? row.clients.length) - 1;
        return first ? (
          <span>
            <FilterValue name="client" value={first.name} />
            {others > 0 && <span className="quiet"> and {plural(others, "other")}</span>}
          </span>
        ) : (
          "–"
        );
      },
    },
    { key: "first", head: "First seen", number: true, cell: (row) => time(row.first_seen) },
    { key: "last", head: "Last seen", number: true, cell: (row) => time(row.last_seen) },
  ];
  return <Table label="Error patterns" rows={rows} rowKey={({ pattern }) => pattern} columns={columns} />;
}
