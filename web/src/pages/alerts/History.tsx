import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { historyFile, severityOf, useHistory } from "../../api/alerts";
import { boundsOf, type RangeChoice } from "../../state/range";
import { shared, useView } from "../../state/view";
import { useZone } from "../../state/zone";
import form from "../../ui/form.module.css";
import { DownloadIcon } from "../../ui/icons";
import { PagedList } from "../../ui/PagedList";
import { RangePicker } from "../../ui/RangePicker";
import { SearchField } from "../../ui/SearchField";
import { SeverityBadge, severityChoices } from "../../ui/Severity";
import { Moment } from "../../ui/Since";
import { Empty } from "../../ui/states";
import { kindLabel } from "../../ui/Timeline";
import list from "../list.module.css";

export const historyKinds = [
  "transition",
  "delivery",
  "suppressed",
  "acknowledged",
  "silenced",
  "incident",
  "note",
  "rule",
  "routing",
] as const;

/** Everything that happened, word for word and never changed; what is shown can be taken along as a file. */
export function History() {
  const { view, keep, range } = useView();
  const zone = useZone();
  const kind = historyKinds.find((one) => one === view.kind);
  const severity = severityOf(view.severity);
  const question = useMemo(
    () => ({ q: view.q, kind, severity, ...instantsOf(range, zone) }),
    [view.q, kind, severity, range, zone],
  );
  const query = useHistory(question, range.code);
  const narrowed = view.q !== undefined || kind !== undefined || severity !== undefined;
  return (
    <>
      <div className={list.bar}>
        <RangePicker />
        <select
          className={form.input}
          aria-label="What happened"
          value={kind ?? ""}
          onChange={(event) => keep({ kind: event.currentTarget.value || undefined })}
        >
          <option value="">Everything</option>
          {historyKinds.map((one) => (
            <option key={one} value={one}>
              {kindLabel(one)}
            </option>
          ))}
        </select>
        <select
          className={form.input}
          aria-label="Severity"
          value={severity ?? ""}
          onChange={(event) => keep({ severity: event.currentTarget.value || undefined })}
        >
          <option value="">Any severity</option>
          {severityChoices.map(([one, word]) => (
            <option key={one} value={one}>
              {word}
            </option>
          ))}
        </select>
        <SearchField label="Search the history" />
        <span className={list.end}>
          <a className={form.button} href={historyFile(question, "csv")} download>
            <DownloadIcon size={14} /> CSV
          </a>
          <a className={form.button} href={historyFile(question, "ndjson")} download>
            <DownloadIcon size={14} /> NDJSON
          </a>
        </span>
      </div>
      <PagedList
        label="History"
        query={query}
        empty={
          <Empty>
            <p>
              {narrowed
                ? `Nothing ${range.words} fits this search. Take a part of it out or choose a longer range.`
                : `Nothing happened ${range.words}. Every change of an alert's state, every message and who
                     acknowledged it, every silence and every change of a rule is kept here for good.`}
            </p>
          </Empty>
        }
      >
        {(rows) => (
          <table className={list.table}>
            <caption className="visually-hidden">History, the newest first</caption>
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">What</th>
                <th scope="col">Said</th>
                <th scope="col" data-least="700">
                  Severity
                </th>
                <th scope="col" data-least="900">
                  Rule
                </th>
                <th scope="col" data-least="900">
                  By
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.id}>
                  <td data-tight>
                    <Moment at={row.at} />
                  </td>
                  <td data-tight>{kindLabel(row.kind)}</td>
                  <td data-whole>
                    {row.alert_id ? (
                      <Link
                        to="/alerts"
                        search={(old) => ({ ...shared(old), state: "all", id: row.alert_id ?? "" })}
                        className={list.plain ?? ""}
                      >
                        {row.text}
                      </Link>
                    ) : (
                      row.text
                    )}
                  </td>
                  <td data-least="700" data-tight>
                    {row.severity ? <SeverityBadge severity={row.severity} /> : "–"}
                  </td>
                  <td data-least="900">
                    {row.rule ? (
                      <Link
                        to="/alerts"
                        search={(old) => ({ ...shared(old), tab: "rules", edit: row.rule ?? "" })}
                      >
                        {row.rule}
                      </Link>
                    ) : (
                      "–"
                    )}
                    {row.subject && <span className={list.under}>{row.subject}</span>}
                  </td>
                  <td data-least="900">{row.by ?? "–"}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </PagedList>
    </>
  );
}

/** From when to when. What reaches to the present has no end, so that nothing is missed that happens meanwhile. */
function instantsOf(range: RangeChoice, zone: string): { from: string; to?: string } {
  const { startMs, endMs } = boundsOf(range, zone, Date.now());
  const from = new Date(startMs).toISOString();
  return "start" in range.query ? { from, to: new Date(endMs).toISOString() } : { from };
}
