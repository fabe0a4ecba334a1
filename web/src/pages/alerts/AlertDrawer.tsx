import { Drawer } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type Alert, useAlert } from "../../api/alerts";
import { useMetrics } from "../../api/queries";
import { fullTime, plural, quantity } from "../../format";
import { shared } from "../../state/view";
import { useZone } from "../../state/zone";
import { CopyAction } from "../../ui/Copy";
import styles from "../../ui/drawer.module.css";
import form from "../../ui/form.module.css";
import { NotRenewed } from "../../ui/NotRenewed";
import { PhaseBadge, SeverityBadge } from "../../ui/Severity";
import { Lasting } from "../../ui/Since";
import { Failed, Skeleton } from "../../ui/states";
import { Timeline } from "../../ui/Timeline";
import { useWalk } from "../../ui/useWalk";
import { Acknowledge, SilenceThis } from "./Handling";

interface Props {
  id: string | undefined;
  /** The list it was opened from: ↑ and ↓ walk through it. */
  rows: Alert[];
  onOpen: (id: string | undefined) => void;
}

export function AlertDrawer({ id, rows, onOpen }: Props) {
  const onKeyDown = useWalk(
    rows.flatMap((row) => row.id ?? []),
    id,
    onOpen,
  );
  return (
    <Drawer
      opened={id !== undefined}
      onClose={() => onOpen(undefined)}
      position="right"
      size={480}
      title="Alert"
      overlayProps={{ backgroundOpacity: 0.15 }}
      closeButtonProps={{ "aria-label": "Close the alert" }}
      onKeyDown={onKeyDown}
    >
      {id !== undefined && <Details id={id} />}
    </Drawer>
  );
}

function Details({ id }: { id: string }) {
  const query = useAlert(id);
  const { data: dictionary } = useMetrics();
  const zone = useZone();
  const { data: alert, error } = query;
  if (!alert) {
    return error ? (
      <Failed what="The alert" error={error} retry={() => void query.refetch()} />
    ) : (
      <Skeleton height={360} />
    );
  }
  const metric = dictionary?.metrics.find(({ name }) => name === alert.metric);
  const unit = alert.unit ?? metric?.unit ?? null;
  return (
    <div className={styles.details}>
      <NotRenewed query={query} what="The alert" />
      <div>
        <p className={styles.lead}>
          {alert.title || alert.rule}
          {alert.subject && `: ${alert.subject}`}
        </p>
        <p className={styles.verdict}>
          <SeverityBadge severity={alert.severity} />
          <PhaseBadge phase={alert.phase} ended={alert.ended_at !== null} />
          <span className={styles.quiet}>
            {alert.ended_at === null ? "for " : "lasted "}
            <Lasting from={alert.started_at} to={alert.ended_at} />
          </span>
        </p>
      </div>
      <p className={styles.error}>{alert.reason}</p>
      <dl className={styles.facts}>
        <Fact name={metric?.label ?? alert.metric ?? "Value"}>
          <strong>{quantity(alert.value, unit)}</strong>
          {alert.limit !== null && ` against a limit of ${quantity(alert.limit, unit)}`}
          {metric && <span className={styles.quiet}> {metric.definition}</span>}
        </Fact>
        <Fact name="Began">{fullTime(alert.started_at, zone)}</Fact>
        {alert.ended_at && <Fact name="Ended">{fullTime(alert.ended_at, zone)}</Fact>}
        <Fact name="Rule">
          <Link to="/alerts" search={(old) => ({ ...shared(old), tab: "rules", edit: alert.rule })}>
            {alert.rule}
          </Link>
          <span className={styles.quiet}> in {alert.group || "no group"}</span>
        </Fact>
        {alert.incident_id && (
          <Fact name="Incident">
            <Link to="/incidents" search={(old) => ({ ...shared(old), id: alert.incident_id ?? "" })}>
              Open the incident
            </Link>
          </Fact>
        )}
        <Fact name="Acknowledged">
          {alert.acknowledged
            ? `by ${alert.acknowledged.by}, ${fullTime(alert.acknowledged.at, zone)}${alert.acknowledged.note ? `: ${alert.acknowledged.note}` : ""}`
            : "by nobody yet"}
        </Fact>
        {alert.silenced_by && (
          <Fact name="Silenced">
            <Link to="/alerts" search={(old) => ({ ...shared(old), tab: "silences" })}>
              A silence keeps it quiet
            </Link>
          </Fact>
        )}
        {alert.inhibited_by && <Fact name="Held back">by {alert.inhibited_by}</Fact>}
        <Fact name="Told">{alert.notified === 0 ? "nobody yet" : plural(alert.notified, "message")}</Fact>
      </dl>
      <div className={styles.buttons}>
        {alert.ended_at === null && alert.acknowledged === null && <Acknowledge alert={{ ...alert, id }} />}
        {alert.ended_at === null && alert.silenced_by === null && <SilenceThis alert={alert} />}
        <CopyAction className={form.button} text={() => window.location.href}>
          Copy the link
        </CopyAction>
      </div>
      <section>
        <h3 className={styles.heading}>Timeline</h3>
        <Timeline events={alert.timeline} label="What happened" />
      </section>
    </div>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
