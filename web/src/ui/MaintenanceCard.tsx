import { type FormEvent, useState } from "react";
import {
  type Maintenance,
  type NewMaintenance,
  useEndMaintenance,
  useMaintenance,
  usePlanMaintenance,
  useProbes,
} from "../api/probes";
import { dayAndClock } from "../format";
import { instantOf, localOf } from "../state/range";
import { useZone } from "../state/zone";
import { Card } from "./Card";
import { Field } from "./Field";
import form from "./form.module.css";
import { PlusIcon } from "./icons";
import { problemsOf } from "./ProbeForm";
import styles from "./probes.module.css";
import { Refused } from "./Refused";
import { StateBadge } from "./StateBadge";
import { Empty, loadingOf } from "./states";
import { Table } from "./Table";

const repeats = { none: "once", daily: "every day", weekly: "every week" };

/** When failures are expected and don't count. */
export function MaintenanceCard({ className }: { className?: string | undefined }) {
  const windows = useMaintenance();
  const [planning, setPlanning] = useState(false);
  const end = useEndMaintenance();
  const rows = windows.data?.items ?? [];
  return (
    <Card
      className={className}
      title="Maintenance"
      subtitle="Times in which failures of probes don't count and wake nobody"
      minHeight={60}
      loading={loadingOf(windows)}
      actions={
        !planning && (
          <button type="button" className={form.button} onClick={() => setPlanning(true)}>
            <PlusIcon size={14} /> Plan
          </button>
        )
      }
    >
      {planning && <Plan onDone={() => setPlanning(false)} />}
      {rows.length > 0 ? (
        <Table
          label="Maintenance"
          rows={rows}
          rowKey={({ id }) => id}
          columns={[
            {
              key: "name",
              head: "Name",
              cell: ({ name, comment }) => <span title={comment || undefined}>{name}</span>,
            },
            {
              key: "state",
              head: "State",
              cell: ({ active }) => (active ? <StateBadge state="maintenance" /> : "planned"),
            },
            { key: "when", head: "When", cell: (one) => <div className={styles.when}>{whenOf(one)}</div> },
            {
              key: "probes",
              head: "Probes",
              cell: ({ probes }) => (probes.length > 0 ? probes.join(", ") : "all"),
            },
            {
              key: "end",
              head: <span className="visually-hidden">Remove</span>,
              number: true,
              cell: ({ id, name }) => (
                <button
                  type="button"
                  className={form.button}
                  onClick={() => end.mutate(id)}
                  disabled={end.isPending}
                  aria-label={`Remove ${name}`}
                >
                  Remove
                </button>
              ),
            },
          ]}
        />
      ) : (
        !planning && (
          <Empty>
            <p>
              Nothing is planned. Plan a window before a deployment, and its failures count neither here nor
              as alerts.
            </p>
          </Empty>
        )
      )}
      <Refused error={end.error} />
    </Card>
  );
}

function whenOf({ starts_at, ends_at, repeat, time_zone }: Maintenance): string {
  const once = `${dayAndClock(starts_at, time_zone)} to ${dayAndClock(ends_at, time_zone)} (${time_zone})`;
  return repeat === "none" ? once : `${once}, ${repeats[repeat]}`;
}

const hourMs = 3_600_000;

function Plan({ onDone }: { onDone: () => void }) {
  const zone = useZone();
  const plan = usePlanMaintenance();
  const probes = useProbes();
  const [name, setName] = useState("");
  const [comment, setComment] = useState("");
  const [from, setFrom] = useState(() => localOf(Date.now(), zone));
  const [to, setTo] = useState(() => localOf(Date.now() + hourMs, zone));
  const [repeat, setRepeat] = useState<NewMaintenance["repeat"]>("none");
  const [probe, setProbe] = useState("");
  const [wrong, setWrong] = useState<string>();
  const problems = new Map(problemsOf(plan.error));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const [start, end] = [instantOf(from, zone), instantOf(to, zone)];
    setWrong(undefined);
    if (start === null || end === null || start >= end) {
      setWrong("The end must be later than the start.");
      return;
    }
    plan.mutate(
      {
        name: name.trim(),
        probes: probe === "" ? [] : [probe],
        starts_at: new Date(start).toISOString(),
        ends_at: new Date(end).toISOString(),
        repeat,
        time_zone: zone,
        comment: comment.trim(),
      },
      { onSuccess: onDone },
    );
  };
  return (
    <form className={form.stack} onSubmit={submit} noValidate>
      <div className={form.row}>
        <Field label="Name" value={name} onChange={setName} problem={problems.get("name")} autoFocus />
        <Field
          label="Probes"
          kind="choice"
          choices={[
            ["", "all"],
            ...(probes.data?.items ?? []).map((one): [string, string] => [one.name, one.name]),
          ]}
          value={probe}
          onChange={setProbe}
          problem={problems.get("probes")}
        />
        <Field
          label={`From (${zone})`}
          kind="time"
          value={from}
          onChange={setFrom}
          problem={problems.get("starts_at")}
        />
        <Field
          label={`To (${zone})`}
          kind="time"
          value={to}
          onChange={setTo}
          problem={wrong ?? problems.get("ends_at")}
        />
        <Field
          label="Repeats"
          kind="choice"
          choices={Object.entries(repeats)}
          value={repeat}
          onChange={(value) => setRepeat(value as NewMaintenance["repeat"])}
        />
        <Field label="Comment" value={comment} onChange={setComment} problem={problems.get("comment")} />
      </div>
      <Refused what="The window was not stored." error={plan.error} />
      <p className={form.actions}>
        <button type="submit" className={form.primary} disabled={plan.isPending}>
          Plan it
        </button>
        <button type="button" className={form.button} onClick={onDone}>
          Cancel
        </button>
      </p>
    </form>
  );
}
