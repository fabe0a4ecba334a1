import { type Incident, type IncidentFilter, useIncidents } from "../api/incidents";
import { useRows } from "../api/pages";
import { integer, took } from "../format";
import { useView } from "../state/view";
import { Choice } from "../ui/Field";
import form from "../ui/form.module.css";
import { PlusIcon } from "../ui/icons";
import { PagedList } from "../ui/PagedList";
import { SeverityBadge } from "../ui/Severity";
import { Lasting, Moment } from "../ui/Since";
import { StateBadge } from "../ui/StateBadge";
import { Empty } from "../ui/states";
import { Told } from "../ui/Told";
import { IncidentDrawer } from "./incidents/IncidentDrawer";
import { IncidentFiguresCard } from "./incidents/IncidentFiguresCard";
import { NewIncidentDrawer } from "./incidents/NewIncidentDrawer";
import list from "./list.module.css";
import styles from "./pages.module.css";

const filters: { value: IncidentFilter; label: string }[] = [
  { value: "open", label: "Open" },
  { value: "resolved", label: "Resolved" },
  { value: "all", label: "All" },
];

/** What people are working on or have solved, and how long that took. */
export function Incidents() {
  const { view, keep, id, open } = useView();
  const state = filters.find(({ value }) => value === view.state)?.value ?? "open";
  const query = useIncidents(state);
  const rows = useRows(query);
  return (
    <div>
      <div className={styles.heading}>
        <h1>Incidents</h1>
        <p>Opened by critical alerts or by hand; each keeps who did what, and when.</p>
      </div>
      <div className={list.bar}>
        <Choice
          label="State"
          options={filters}
          value={state}
          onChange={(value) => keep({ state: value === "open" ? undefined : value })}
        />
        <span className={list.end}>
          <button
            type="button"
            className={form.primary}
            data-shortcut="n"
            title="Open an incident (n)"
            onClick={() => keep({ edit: "+" })}
          >
            <PlusIcon size={14} /> Open an incident
          </button>
        </span>
      </div>
      <div className={list.stack}>
        <PagedList
          label="Incidents"
          query={query}
          empty={
            <Empty>
              {state === "open" ? (
                <p>
                  <strong>No incident is open.</strong> A critical alert opens one by itself; the routing says
                  which severities do. What somebody noticed first can be opened by hand.
                </p>
              ) : (
                <p>
                  {state === "resolved"
                    ? "No incident has been resolved yet."
                    : "There has been no incident yet."}
                </p>
              )}
            </Empty>
          }
        >
          {(rows) => <IncidentTable rows={rows} openId={id} onOpen={open} />}
        </PagedList>
        <IncidentFiguresCard />
      </div>
      <IncidentDrawer id={id} rows={rows} onOpen={open} />
      <NewIncidentDrawer
        opened={view.edit === "+"}
        onClose={() => keep({ edit: undefined })}
        onOpened={(incident) => {
          keep({ edit: undefined });
          open(incident.id);
        }}
      />
    </div>
  );
}

interface TableProps {
  rows: Incident[];
  openId: string | undefined;
  onOpen: (id: string | undefined) => void;
}

function IncidentTable({ rows, openId, onOpen }: TableProps) {
  return (
    <table className={list.table}>
      <caption className="visually-hidden">Incidents, the newest first</caption>
      <thead>
        <tr>
          <th scope="col">Incident</th>
          <th scope="col">Severity</th>
          <th scope="col">State</th>
          <th scope="col" data-least="900">
            Opened
          </th>
          <th scope="col" data-least="700">
            Assignee
          </th>
          <th scope="col" data-number data-least="900">
            To acknowledge
          </th>
          <th scope="col" data-number>
            To resolve
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr
            key={row.id}
            data-row={row.id}
            data-incident={row.id}
            data-open={row.id === openId || undefined}
          >
            <td data-whole>
              <button type="button" className={list.open} onClick={() => onOpen(row.id)}>
                #{row.number} {row.title}
              </button>
              <span className={list.under}>{row.summary}</span>
            </td>
            <td data-tight>
              <SeverityBadge severity={row.severity} />
            </td>
            <td data-tight>
              <StateBadge state={row.state} />
            </td>
            <td data-least="900" data-tight>
              <Moment at={row.opened_at} />
              <span className={list.under}>{row.source === "alert" ? "by an alert" : "by hand"}</span>
            </td>
            <td data-least="700">{row.assignee ?? "nobody"}</td>
            <td data-number data-least="900">
              <Took
                title="Time to acknowledge"
                definition="From opening to the first acknowledgement."
                seconds={row.seconds_to_acknowledge}
                none="nobody yet"
              />
            </td>
            <td data-number>
              {row.resolved_at === null ? (
                <span className="quiet">
                  open for <Lasting from={row.opened_at} />
                </span>
              ) : (
                <Took
                  title="Time to resolve"
                  definition="From opening to the last resolution."
                  seconds={row.seconds_to_resolve}
                  none="not yet"
                />
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface TookProps {
  title: string;
  definition: string;
  seconds: number | null;
  none: string;
}

function Took({ title, definition, seconds, none }: TookProps) {
  if (seconds === null) return <span className="quiet">{none}</span>;
  return (
    <Told
      title={title}
      definition={definition}
      facts={[
        ["Exactly", `${integer(Math.round(seconds))} s`],
        ["Unit", "seconds"],
        ["Source", "the incident's timeline"],
      ]}
    >
      {took(seconds)}
    </Told>
  );
}
