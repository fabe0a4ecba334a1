import { type Probe, useProbes } from "../api/probes";
import { fullTime, integer, milliseconds, percent, plural, recentTime, unknown } from "../format";
import { kindOf } from "../state/probe";
import type { Said } from "../state/said";
import { useViewChanges } from "../state/view";
import { useZone } from "../state/zone";
import { saidOf } from "./about";
import { Card } from "./Card";
import form from "./form.module.css";
import { PlusIcon } from "./icons";
import styles from "./probes.module.css";
import { StateBadge } from "./StateBadge";
import { Empty, loadingOf } from "./states";
import { type Column, Table } from "./Table";

export const availabilitySaid = (range: string): Said =>
  saidOf(
    {
      title: "Availability",
      definition: "Good minutes of all probed minutes outside maintenance.",
      unit: "percent",
    },
    { range, source: "the checks of this probe" },
  );

const response = {
  title: "Response",
  definition: "From the start of the check to its answer; a heartbeat has none.",
  unit: "milliseconds",
};
const certificate = {
  title: "Certificate",
  definition: "Whole days until the certificate is no longer valid.",
  unit: "days",
};
const checked = { title: "Checked", definition: "When the probe was last asked.", unit: "a time" };

const worstFirst: Probe["status"][] = ["down", "unknown", "maintenance", "up", "paused"];

/** As the table lists them. */
export function probesInOrder(probes: Probe[]): Probe[] {
  return probes.toSorted(
    (a, b) => worstFirst.indexOf(a.status) - worstFirst.indexOf(b.status) || a.name.localeCompare(b.name),
  );
}

/** What is asked from here again and again, the troubled first. */
export function ProbesCard({ className }: { className?: string | undefined }) {
  const probes = useProbes();
  const { open, keep } = useViewChanges();
  const zone = useZone();
  const rows = probesInOrder(probes.data?.items ?? []);
  const up = rows.filter(({ status }) => status === "up").length;
  const watched = rows.filter(({ status }) => status !== "paused").length;
  const columns: Column<Probe>[] = [
    {
      key: "probe",
      head: "Probe",
      cell: (probe) => (
        <div className={styles.probe}>
          <button type="button" className={styles.open} onClick={() => open(probe.name)}>
            {probe.name}
          </button>
          <span className={styles.target}>
            {kindOf(probe.kind).label}
            {probe.kind !== "heartbeat" && `, ${probe.target}`}
          </span>
        </div>
      ),
    },
    {
      key: "status",
      head: "State",
      cell: (probe) => (
        <div className={styles.state}>
          <StateBadge state={probe.status} />
          {probe.status === "down" && probe.last?.reason && (
            <span className={styles.reason}>{probe.last.reason}</span>
          )}
        </div>
      ),
    },
    {
      key: "availability",
      head: "Available, 24 h",
      said: availabilitySaid("the last 24 hours"),
      number: true,
      cell: (probe) => percent(probe.availability_24h, 2),
    },
    {
      key: "response",
      head: "Response",
      said: saidOf(response, { range: "the last check", source: "the checks of each probe" }),
      number: true,
      cell: (probe) => milliseconds(probe.last?.response_ms),
    },
    {
      key: "certificate",
      head: "Certificate",
      said: saidOf(certificate, { range: "the last check", source: "the certificate the server showed" }),
      number: true,
      cell: (probe) =>
        probe.certificate_days == null ? unknown : plural(Math.floor(probe.certificate_days), "day"),
    },
    {
      key: "checked",
      head: "Checked",
      said: saidOf(checked, { range: "the last check", source: "the checks of each probe" }),
      number: true,
      cell: (probe) =>
        probe.last ? (
          <span title={fullTime(probe.last.at, zone)}>{recentTime(probe.last.at, Date.now(), zone)}</span>
        ) : (
          unknown
        ),
    },
  ];
  return (
    <Card
      className={className}
      title="Probes"
      subtitle={
        probes.data
          ? `${integer(up)} of ${plural(watched, "watched probe")} up`
          : "What is asked from here again and again"
      }
      minHeight={150}
      loading={loadingOf(probes)}
      actions={
        <button type="button" className={form.button} onClick={() => keep({ edit: "new" })}>
          <PlusIcon size={14} /> New probe
        </button>
      }
    >
      {probes.data && rows.length === 0 ? (
        <Empty>
          <p>
            Nothing is probed. A probe asks an address, a port, a name or a certificate again and again, posts
            a known image to a detector, or waits for the call of a job of yours, and says when that fails.
          </p>
        </Empty>
      ) : (
        <Table label="Probes" rows={rows} rowKey={({ name }) => name} columns={columns} />
      )}
    </Card>
  );
}
