import type { ErrorPattern, PatternPage } from "../api/patterns";
import { Sparkline } from "../charts/Sparkline";
import { fullTime, integer, percent, plural, recentTime } from "../format";
import { useViewChanges } from "../state/view";
import { useZone } from "../state/zone";
import { originOfRange, saidOf, shareOfFailures, useSaid } from "./about";
import styles from "./patterns.module.css";
import { StateBadge } from "./StateBadge";
import { type Column, FilterValue, Table } from "./Table";

const source = "failed predictions, grouped by fingerprint";
const firstSeen = {
  title: "First seen",
  definition: "When a prediction first failed with this pattern.",
  unit: "a time",
};
const lastSeen = {
  title: "Last seen",
  definition: "When a prediction last failed with this pattern.",
  unit: "a time",
};

/** Failures by what went wrong, the most frequent first; a row opens its drawer. */
export function PatternTable({ rows, page }: { rows: ErrorPattern[]; page: PatternPage }) {
  const { open } = useViewChanges();
  const zone = useZone();
  const said = useSaid(originOfRange(page.range, source));
  const ever = { range: "everything recorded", source };
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
      key: "count",
      head: "Failures",
      said: said("failed_predictions"),
      number: true,
      cell: (row) => integer(row.count),
    },
    {
      key: "share",
      head: "Share",
      said: said(shareOfFailures),
      number: true,
      cell: (row) => percent(row.share),
    },
    {
      key: "status",
      head: "Status",
      said: {
        title: "Status",
        definition:
          "New: first seen lately. Ongoing: seen before and still happening. Came back: happened again after it was resolved. Resolved and ignored: by somebody's word.",
        facts: [],
      },
      cell: (row) => (
        <div className={styles.status}>
          <StateBadge state={row.status} />
          {row.assignee && <span className={styles.message}>{row.assignee}</span>}
        </div>
      ),
    },
    {
      key: "trend",
      head: "Trend",
      said: said({
        title: "Trend",
        definition: `Failures of this pattern per ${page.interval}${page.range.unfinished ? `; the last ${page.interval} is not over` : ""}.`,
        unit: "a count",
      }),
      cell: (row) => <Sparkline values={row.trend} unfinished={page.range.unfinished} fromZero />,
    },
    {
      key: "clients",
      head: "Clients",
      said: said({
        title: "Clients",
        definition: "Who was affected, the most first.",
        unit: "a name, and how many others",
      }),
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
    {
      key: "first",
      head: "First seen",
      said: saidOf(firstSeen, ever),
      number: true,
      cell: (row) => time(row.first_seen),
    },
    {
      key: "last",
      head: "Last seen",
      said: saidOf(lastSeen, ever),
      number: true,
      cell: (row) => time(row.last_seen),
    },
  ];
  return <Table label="Error patterns" rows={rows} rowKey={({ pattern }) => pattern} columns={columns} />;
}
