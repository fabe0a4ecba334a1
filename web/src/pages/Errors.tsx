import { type ErrorPattern, type PatternState, patternStates, usePatterns } from "../api/patterns";
import { download } from "../csv";
import { integer, percent, plural, rangeWords, shareOf } from "../format";
import { daysOf } from "../state/range";
import { csvOf, type Field } from "../state/sheet";
import { useView } from "../state/view";
import { useZone } from "../state/zone";
import { Card, CardAction } from "../ui/Card";
import form from "../ui/form.module.css";
import { DownloadIcon } from "../ui/icons";
import { LoadMore } from "../ui/PagedList";
import { PatternDrawer } from "../ui/PatternDrawer";
import { PatternTable } from "../ui/PatternTable";
import patterns from "../ui/patterns.module.css";
import { Empty, loadingOf } from "../ui/states";
import styles from "./pages.module.css";

const words: Record<PatternState, string> = {
  open: "Open",
  new: "New",
  ongoing: "Ongoing",
  regressed: "Came back",
  resolved: "Resolved",
  ignored: "Ignored",
  all: "All",
};

const nothing: Record<PatternState, string> = {
  open: "No failure is open. Failures are grouped by their message, without numbers and names; each group is listed here until somebody resolves or ignores it.",
  new: "Nothing new fails.",
  ongoing: "Nothing keeps failing.",
  regressed: "Nothing that was resolved came back.",
  resolved:
    "Nothing was resolved. Resolve a pattern when its cause is gone; if it happens again, it comes back marked so.",
  ignored:
    "Nothing is ignored. An ignored pattern is counted as before but raises no alert until its time is over.",
  all: "Nothing has failed yet. Failures will be grouped here by what went wrong.",
};

const fields: Field<ErrorPattern>[] = [
  { key: "pattern", head: "Pattern", value: (row) => row.pattern },
  { key: "status", head: "Status", value: (row) => row.status },
  { key: "failed_predictions", head: "Failures", value: (row) => row.count },
  { key: "share_of_failures_percent", head: "Share", value: (row) => row.share },
  { key: "clients", head: "Clients", value: (row) => row.clients.map(({ name }) => name).join("; ") },
  { key: "first_seen", head: "First seen", value: (row) => row.first_seen },
  { key: "last_seen", head: "Last seen", value: (row) => row.last_seen },
  { key: "assignee", head: "Assignee", value: (row) => row.assignee },
];

/** What goes wrong, in groups, and what became of each. */
export function Errors() {
  const { view, range, id, keep } = useView();
  const zone = useZone();
  const state = patternStates.find((one) => one === view.state) ?? "open";
  // Patterns are counted by whole days; a range of one's own is counted as it stands.
  const span = "start" in range.query ? range.query : { days: daysOf(range, zone, Date.now()) };
  const found = usePatterns(state, span);
  const pages = found.data?.pages ?? [];
  const [first] = pages;
  const rows = pages.flatMap(({ items }) => items);
  const listed = rows.reduce((sum, { count }) => sum + count, 0);
  return (
    <div>
      <div className={styles.heading}>
        <h1>Errors</h1>
        {first && (
          <p>
            {plural(first.failed, "failed prediction")}, {rangeWords(first.range)}
          </p>
        )}
      </div>
      <div className={styles.grid}>
        <Card
          className={styles.whole}
          title="Patterns"
          subtitle={
            first && first.failed > 0
              ? `${plural(rows.length, "pattern")}, ${integer(listed)} of ${integer(first.failed)} failures (${percent(shareOf(listed, first.failed))})`
              : "Failures grouped by their message, without numbers, names and addresses"
          }
          minHeight={200}
          loading={loadingOf(found)}
          actions={
            rows.length > 0 && (
              <CardAction
                label="Download as CSV"
                icon={<DownloadIcon />}
                onClick={() => download("verascope-error-patterns.csv", csvOf(fields, rows))}
              />
            )
          }
        >
          <fieldset className={patterns.tabs}>
            <legend className="visually-hidden">Which patterns</legend>
            {patternStates.map((name) => (
              <button
                key={name}
                type="button"
                className={form.button}
                aria-pressed={name === state}
                onClick={() => keep({ state: name === "open" ? undefined : name })}
              >
                {words[name]}
              </button>
            ))}
          </fieldset>
          {first && rows.length > 0 ? (
            <PatternTable rows={rows} page={first} />
          ) : (
            <Empty>
              <p>{nothing[state]}</p>
            </Empty>
          )}
          {first && first.left_out > 0 && (
            <p className="quiet">{plural(first.left_out, "failure")} more with rarer patterns.</p>
          )}
          <LoadMore query={found} />
        </Card>
      </div>
      <PatternDrawer pattern={id} rows={rows} span={span} />
    </div>
  );
}
