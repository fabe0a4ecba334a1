import { Drawer } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type FormEvent, type ReactNode, useState } from "react";
import { type Severity, severities } from "../../api/alerts";
import { type Incident, type IncidentDetail, useIncident, useIncidentAct } from "../../api/incidents";
import { fullTime, took } from "../../format";
import { shared } from "../../state/view";
import { useZone } from "../../state/zone";
import { CopyAction } from "../../ui/Copy";
import drawer from "../../ui/drawer.module.css";
import { Field } from "../../ui/Field";
import form from "../../ui/form.module.css";
import { NotRenewed } from "../../ui/NotRenewed";
import { SeverityBadge, severityLabels, WordBadge } from "../../ui/Severity";
import { Failed, Skeleton } from "../../ui/states";
import { Timeline } from "../../ui/Timeline";
import { useWalk } from "../../ui/useWalk";
import { incidentStates } from "./states";

interface Props {
  id: string | undefined;
  /** The list it was opened from: ↑ and ↓ walk through it. */
  rows: Incident[];
  onOpen: (id: string | undefined) => void;
}

export function IncidentDrawer({ id, rows, onOpen }: Props) {
  const onKeyDown = useWalk(
    rows.map((row) => row.id),
    id,
    onOpen,
  );
  return (
    <Drawer
      opened={id !== undefined}
      onClose={() => onOpen(undefined)}
      position="right"
      size={500}
      title="Incident"
      overlayProps={{ backgroundOpacity: 0.15 }}
      closeButtonProps={{ "aria-label": "Close the incident" }}
      onKeyDown={onKeyDown}
    >
      {id !== undefined && <Details key={id} id={id} />}
    </Drawer>
  );
}

function Details({ id }: { id: string }) {
  const query = useIncident(id);
  const zone = useZone();
  const { data: incident, error } = query;
  if (!incident) {
    return error ? (
      <Failed what="The incident" error={error} retry={() => void query.refetch()} />
    ) : (
      <Skeleton height={360} />
    );
  }
  const { label, tone } = incidentStates[incident.state] ?? incidentStates.open;
  return (
    <div className={drawer.details}>
      <NotRenewed query={query} what="The incident" />
      <div>
        <p className={drawer.lead}>
          #{incident.number} {incident.title}
        </p>
        <p className={drawer.verdict}>
          <SeverityBadge severity={incident.severity} />
          <WordBadge tone={tone}>{label}</WordBadge>
        </p>
      </div>
      {incident.summary && <p className={drawer.error}>{incident.summary}</p>}
      <dl className={drawer.facts}>
        <Fact name="Opened">{fullTime(incident.opened_at, zone)}</Fact>
        <Fact name="Acknowledged">
          {incident.acknowledged_at
            ? `after ${took(incident.seconds_to_acknowledge)}, ${fullTime(incident.acknowledged_at, zone)}`
            : "by nobody yet"}
        </Fact>
        <Fact name="Resolved">
          {incident.resolved_at
            ? `after ${took(incident.seconds_to_resolve)}, ${fullTime(incident.resolved_at, zone)}`
            : "not yet"}
        </Fact>
        <Fact name="Came from">
          {incident.alert_id ? (
            <Link to="/alerts" search={(old) => ({ ...shared(old), id: incident.alert_id ?? "" })}>
              The alert
            </Link>
          ) : (
            "Opened by hand"
          )}
        </Fact>
      </dl>
      <Acts incident={incident} />
      <section>
        <h3 className={drawer.heading}>Timeline</h3>
        <Timeline events={incident.timeline} label="What happened" />
      </section>
    </div>
  );
}

/** Everything that may be done with it; each lands in the timeline. */
function Acts({ incident }: { incident: IncidentDetail }) {
  const act = useIncidentAct(incident.id);
  const [note, setNote] = useState("");
  const [assignee, setAssignee] = useState(incident.assignee ?? "");
  const addNote = (event: FormEvent) => {
    event.preventDefault();
    if (note.trim() !== "") act.mutate({ act: "note", text: note.trim() }, { onSuccess: () => setNote("") });
  };
  const assign = (event: FormEvent) => {
    event.preventDefault();
    act.mutate({ act: "assign", assignee: assignee.trim() || null });
  };
  return (
    <>
      <div className={drawer.buttons}>
        {incident.state === "open" && (
          <button
            type="button"
            className={form.primary}
            disabled={act.isPending}
            onClick={() => act.mutate({ act: "acknowledge" })}
          >
            Acknowledge
          </button>
        )}
        {incident.state === "resolved" ? (
          <button
            type="button"
            className={form.button}
            disabled={act.isPending}
            onClick={() => act.mutate({ act: "reopen" })}
          >
            Re-open
          </button>
        ) : (
          <button
            type="button"
            className={incident.state === "acknowledged" ? form.primary : form.button}
            disabled={act.isPending}
            onClick={() => act.mutate({ act: "resolve" })}
          >
            Resolve
          </button>
        )}
        <CopyAction className={form.button} text={() => window.location.href}>
          Copy the link
        </CopyAction>
      </div>
      {act.error && (
        <p className={form.problem} role="alert">
          That was not done. {act.error.message}
        </p>
      )}
      <form className={drawer.row} onSubmit={assign}>
        <Field label="Assignee">
          {(attributes) => (
            <input
              {...attributes}
              className={form.input}
              maxLength={100}
              placeholder="nobody"
              value={assignee}
              onChange={(event) => setAssignee(event.currentTarget.value)}
            />
          )}
        </Field>
        <button
          type="submit"
          className={form.button}
          disabled={act.isPending || assignee.trim() === (incident.assignee ?? "")}
        >
          Assign
        </button>
      </form>
      <Field label="Severity">
        {(attributes) => (
          <select
            {...attributes}
            className={form.input}
            disabled={act.isPending}
            value={incident.severity}
            onChange={(event) =>
              act.mutate({ act: "severity", severity: event.currentTarget.value as Severity })
            }
          >
            {severities.map((one) => (
              <option key={one} value={one}>
                {severityLabels[one]}
              </option>
            ))}
          </select>
        )}
      </Field>
      <form className={drawer.row} onSubmit={addNote}>
        <Field label="Note">
          {(attributes) => (
            <textarea
              {...attributes}
              className={form.input}
              maxLength={2000}
              placeholder="What was found, what was tried"
              value={note}
              onChange={(event) => setNote(event.currentTarget.value)}
            />
          )}
        </Field>
        <button type="submit" className={form.button} disabled={act.isPending || note.trim() === ""}>
          Add
        </button>
      </form>
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={drawer.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
