import { Link } from "@tanstack/react-router";
import { type Alert, type AlertState, severityOf, useAlerts } from "../../api/alerts";
import { useRows } from "../../api/pages";
import { integer } from "../../format";
import { shared, useView } from "../../state/view";
import { Badge } from "../../ui/Badge";
import { Choice } from "../../ui/Field";
import { PagedList } from "../../ui/PagedList";
import { SearchField } from "../../ui/SearchField";
import { SeverityBadge, severityChoices } from "../../ui/Severity";
import { Lasting, Moment } from "../../ui/Since";
import { StateBadge } from "../../ui/StateBadge";
import { Empty } from "../../ui/states";
import list from "../list.module.css";
import { AlertDrawer } from "./AlertDrawer";
import { Acknowledge, SilenceThis } from "./Handling";
import { Measured } from "./Measured";

const states: { value: AlertState; label: string }[] = [
  { value: "open", label: "Open" },
  { value: "resolved", label: "Resolved" },
  { value: "all", label: "All" },
];
const severityOptions = [
  { value: "", label: "Any severity" },
  ...severityChoices.map(([value, label]) => ({ value: value as string, label })),
];

export function Active() {
  const { view, keep, id, open } = useView();
  const state = states.find(({ value }) => value === view.state)?.value ?? "open";
  const severity = severityOf(view.severity);
  const query = useAlerts(state, { q: view.q, severity });
  const rows = useRows(query);
  const narrowed = view.q !== undefined || severity !== undefined;
  return (
    <>
      <div className={list.bar}>
        <Choice
          label="State"
          options={states}
          value={state}
          onChange={(value) => keep({ state: value === "open" ? undefined : value })}
        />
        <Choice
          label="Severity"
          options={severityOptions}
          value={severity ?? ""}
          onChange={(value) => keep({ severity: value || undefined })}
        />
        <SearchField label="Search alerts" />
      </div>
      <PagedList label="Alerts" query={query} empty={<Nothing state={state} narrowed={narrowed} />}>
        {(rows) => <AlertTable rows={rows} openId={id} onOpen={open} />}
      </PagedList>
      <AlertDrawer id={id} rows={rows} onOpen={open} />
    </>
  );
}

function Nothing({ state, narrowed }: { state: AlertState; narrowed: boolean }) {
  if (narrowed) {
    return (
      <Empty>
        <p>No {state === "all" ? "" : state} alert fits this search. Take the search or the severity out.</p>
      </Empty>
    );
  }
  if (state !== "open") {
    return (
      <Empty>
        <p>No alert has ended yet. One that fires and recovers is kept here, with who was told and when.</p>
      </Empty>
    );
  }
  return (
    <Empty>
      <p>
        <strong>Nothing is firing.</strong> The rules are evaluated all the time; what breaks one appears here
        by itself.
      </p>
      <p>
        <Link to="/alerts" search={(old) => ({ ...shared(old), tab: "rules" })}>
          See what is looked for
        </Link>
        , or{" "}
        <Link to="/alerts" search={(old) => ({ ...shared(old), tab: "channels" })}>
          choose who is told
        </Link>
        .
      </p>
    </Empty>
  );
}

interface TableProps {
  rows: Alert[];
  openId: string | undefined;
  onOpen: (id: string | undefined) => void;
}

function AlertTable({ rows, openId, onOpen }: TableProps) {
  return (
    <table className={list.table}>
      <caption className="visually-hidden">Alerts: those that are pending, then the newest first</caption>
      <thead>
        <tr>
          <th scope="col">Alert</th>
          <th scope="col">Severity</th>
          <th scope="col">State</th>
          <th scope="col" data-number>
            Value / limit
          </th>
          <th scope="col" data-least="900">
            For
          </th>
          <th scope="col" data-least="700">
            Handled
          </th>
          <th scope="col">
            <span className="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr
            key={row.id ?? `${row.rule} ${row.subject}`}
            data-row={row.id ?? undefined}
            data-alert={row.id ?? row.rule}
            data-open={(row.id !== null && row.id === openId) || undefined}
          >
            <td data-whole>
              <Name row={row} onOpen={onOpen} />
              <span className={list.under}>{row.reason}</span>
            </td>
            <td data-tight>
              <SeverityBadge severity={row.severity} />
            </td>
            <td data-tight>
              <StateBadge state={row.ended_at === null ? row.phase : "resolved"} />
            </td>
            <td data-number>
              <Measured {...row} />
            </td>
            <td data-least="900" data-tight>
              <Lasting from={row.started_at} to={row.ended_at} />
              <span className={list.under}>
                since <Moment at={row.started_at} />
              </span>
            </td>
            <td data-least="700">
              <Handled row={row} />
            </td>
            <td data-whole data-tight>
              {row.ended_at === null && (
                <div className={list.acts}>
                  {row.id !== null && row.acknowledged === null && (
                    <Acknowledge alert={{ ...row, id: row.id }} />
                  )}
                  {row.silenced_by === null && <SilenceThis alert={row} />}
                </div>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Name({ row, onOpen }: { row: Alert; onOpen: TableProps["onOpen"] }) {
  const { id } = row;
  const name = (
    <>
      {row.title || row.rule}
      {row.subject && `: ${row.subject}`}
    </>
  );
  // What is pending is no alert yet, so there is nothing to open but its rule.
  if (id === null) {
    return (
      <Link
        to="/alerts"
        search={(old) => ({ ...shared(old), tab: "rules", edit: row.rule })}
        className={list.open ?? ""}
      >
        {name}
      </Link>
    );
  }
  return (
    <button type="button" className={list.open} onClick={() => onOpen(id)}>
      {name}
    </button>
  );
}

function Handled({ row }: { row: Alert }) {
  const badges = [
    row.acknowledged && (
      <Badge key="acknowledged" tone="ok">{`Acknowledged by ${row.acknowledged.by}`}</Badge>
    ),
    row.silenced_by && (
      <Badge key="silenced" tone="quiet">
        Silenced
      </Badge>
    ),
    row.inhibited_by && <Badge key="inhibited" tone="quiet">{`Held back by ${row.inhibited_by}`}</Badge>,
  ].filter(Boolean);
  return (
    <>
      {badges.length > 0 && <span className={list.badges}>{badges}</span>}
      {row.acknowledged?.note && <span className={list.under}>{row.acknowledged.note}</span>}
      {row.incident_id && (
        <Link to="/incidents" search={(old) => ({ ...shared(old), id: row.incident_id ?? "" })}>
          Incident
        </Link>
      )}
      {row.id !== null && (
        <span className={list.under}>
          {row.notified === 0
            ? "nobody told"
            : row.notified === 1
              ? "1 message"
              : `${integer(row.notified)} messages`}
        </span>
      )}
    </>
  );
}
