import { useState } from "react";
import { type Probe, useProbeAction, useProbes, useSaveProbe } from "../api/probes";
import { base } from "../base";
import { dayAndClock, duration, fullTime, milliseconds } from "../format";
import { draftOf, kindOf, probeOf } from "../state/probe";
import { useView, useViewChanges } from "../state/view";
import { useZone } from "../state/zone";
import { CopyButton } from "./Copy";
import drawer from "./drawer.module.css";
import { Fact, Facts } from "./Facts";
import form from "./form.module.css";
import { RunIcon } from "./icons";
import { ProbeForm } from "./ProbeForm";
import { ProbeHistory } from "./ProbeHistory";
import { probesInOrder } from "./ProbesCard";
import styles from "./probes.module.css";
import { SideDrawer } from "./SideDrawer";
import { StateBadge } from "./StateBadge";
import { Empty, Failed, Skeleton } from "./states";
import { useWalk } from "./useWalk";

/** The opened probe, or the form of one: the address says which. */
export function ProbeDrawer() {
  const { id, view, open, keep } = useView();
  const probes = useProbes();
  const name = view.edit !== undefined && view.edit !== "new" ? view.edit : id;
  const probe = probes.data?.items.find((one) => one.name === name);
  const editing = view.edit !== undefined;
  const onKeyDown = useWalk(
    probesInOrder(probes.data?.items ?? []).map((one) => one.name),
    editing ? undefined : id,
    open,
  );
  const close = () => (editing ? keep({ edit: undefined }) : open(undefined));
  return (
    <SideDrawer
      title={editing ? (view.edit === "new" ? "New probe" : `Change ${view.edit}`) : (id ?? "Probe")}
      what="probe"
      opened={editing || id !== undefined}
      onClose={close}
      onKeyDown={onKeyDown}
    >
      {editing && view.edit === "new" ? (
        <ProbeForm probe={null} onDone={close} />
      ) : probe ? (
        editing ? (
          <ProbeForm key={probe.name} probe={probe} onDone={close} />
        ) : (
          <Details key={probe.name} probe={probe} />
        )
      ) : probes.error && !probes.data ? (
        <Failed what="This probe" error={probes.error} retry={() => void probes.refetch()} />
      ) : probes.data ? (
        <Empty>
          <p>There is no probe of this name. It may have been deleted.</p>
        </Empty>
      ) : (
        <Skeleton height={300} />
      )}
    </SideDrawer>
  );
}

function Details({ probe }: { probe: Probe }) {
  const zone = useZone();
  const { open, keep } = useViewChanges();
  const act = useProbeAction(probe.name);
  const save = useSaveProbe(probe.name);
  const [sure, setSure] = useState(false);
  const problem = act.error ?? save.error;
  const toggle = () => save.mutate({ ...probeOf(draftOf(probe), probe.settings), enabled: !probe.enabled });
  const url =
    probe.kind === "heartbeat" ? new URL(`${base}${probe.target}`, window.location.origin).href : null;
  const command = `curl -X POST ${url}`;
  return (
    <div className={drawer.details}>
      <div className={drawer.verdict}>
        <StateBadge state={probe.status} />
        {probe.since && <span>since {dayAndClock(probe.since, zone)}</span>}
      </div>
      {probe.last && !probe.last.ok && probe.last.reason && (
        <p className={drawer.error}>{probe.last.reason}</p>
      )}
      <p className={drawer.buttons}>
        {probe.kind !== "heartbeat" && (
          <button
            type="button"
            className={form.button}
            onClick={() => act.mutate("run")}
            disabled={act.isPending}
          >
            <RunIcon size={14} /> {act.isPending ? "Running" : "Run now"}
          </button>
        )}
        <button type="button" className={form.button} onClick={() => keep({ edit: probe.name })}>
          Change
        </button>
        <button type="button" className={form.button} onClick={toggle} disabled={save.isPending}>
          {probe.enabled ? "Pause" : "Resume"}
        </button>
        {probe.origin === "user" &&
          (sure ? (
            <button
              type="button"
              className={form.button}
              onClick={() => act.mutate("delete", { onSuccess: () => open(undefined) })}
            >
              Delete it and its history
            </button>
          ) : (
            <button type="button" className={form.button} onClick={() => setSure(true)}>
              Delete
            </button>
          ))}
      </p>
      {problem && (
        <p className={form.problem} role="alert">
          {problem.message}
        </p>
      )}
      {url && (
        <section>
          <h3 className={drawer.heading}>Call this after each run</h3>
          <div className={styles.beat}>
            <code>{command}</code>
            <CopyButton text={command} label="Copy the command" />
          </div>
          <p className={drawer.quiet}>
            The address is the only key: who knows it can call it. It expects a call every{" "}
            {duration(probe.interval_seconds)}.
          </p>
        </section>
      )}
      <ProbeHistory probe={probe} />
      <Facts title="How it is asked">
        <Fact name="Kind">{kindOf(probe.kind).label}</Fact>
        {probe.kind !== "heartbeat" && <Fact name="Target">{probe.target}</Fact>}
        <Fact name="Every">{duration(probe.interval_seconds)}</Fact>
        <Fact name="Down after">{probe.fail_after} failed checks in a row</Fact>
        <Fact name="Up after">{probe.ok_after} good checks in a row</Fact>
        <Fact name="Last check">
          {probe.last
            ? `${fullTime(probe.last.at, zone)}: ${probe.last.ok ? "good" : "failed"}, ${milliseconds(probe.last.response_ms)}`
            : "none yet"}
        </Fact>
        {probe.certificate_days != null && (
          <Fact name="Certificate">{Math.floor(probe.certificate_days)} days left</Fact>
        )}
        {Object.entries(probe.settings)
          .filter(([, value]) => isSet(value))
          .map(([name, value]) => (
            <Fact key={name} name={name}>
              {typeof value === "string" ? value : JSON.stringify(value)}
            </Fact>
          ))}
      </Facts>
    </div>
  );
}

function isSet(value: unknown): boolean {
  if (value === null || value === undefined || value === false) return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}
