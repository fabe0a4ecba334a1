import { Drawer } from "@mantine/core";
import { useState } from "react";
import { type Probe, useProbeAction, useProbeHistory, useProbes, useSaveProbe } from "../api/probes";
import { base } from "../base";
import type { Bucket } from "../charts/buckets";
import { dayAndClock, duration, fullTime, milliseconds, percent, recentTime, unknown } from "../format";
import { draftOf, kindOf, probeOf } from "../state/probe";
import { boundsOf } from "../state/range";
import { useView } from "../state/view";
import { useZone } from "../state/zone";
import { CopyButton } from "./Copy";
import { Drawn } from "./Drawn";
import drawer from "./drawer.module.css";
import form from "./form.module.css";
import { RunIcon } from "./icons";
import { ProbeForm } from "./ProbeForm";
import { availabilitySaid, probesInOrder } from "./ProbesCard";
import styles from "./probes.module.css";
import { StateBadge } from "./StateBadge";
import { Empty, Failed, Skeleton } from "./states";
import { Told } from "./Told";
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
    <Drawer
      opened={editing || id !== undefined}
      onClose={close}
      position="right"
      size={500}
      title={editing ? (view.edit === "new" ? "New probe" : `Change ${view.edit}`) : (id ?? "Probe")}
      overlayProps={{ backgroundOpacity: 0.15 }}
      closeButtonProps={{ "aria-label": "Close the probe" }}
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
    </Drawer>
  );
}

function Details({ probe }: { probe: Probe }) {
  const zone = useZone();
  const { open, keep } = useView();
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
      <History probe={probe} />
      <section>
        <h3 className={drawer.heading}>How it is asked</h3>
        <dl className={drawer.facts}>
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
        </dl>
      </section>
    </div>
  );
}

function isSet(value: unknown): boolean {
  if (value === null || value === undefined || value === false) return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}

const chartHeight = 150;
const hourMs = 3_600_000;

function History({ probe }: { probe: Probe }) {
  const { range } = useView();
  const zone = useZone();
  const bounds = boundsOf(range, zone, Date.now());
  const hours = Math.min(9_600, Math.max(1, Math.ceil((Date.now() - bounds.startMs) / hourMs)));
  const { data, error, refetch } = useProbeHistory(probe.name, hours);
  if (!data) {
    return error ? (
      <Failed what="The history" error={error} retry={() => void refetch()} />
    ) : (
      <Skeleton height={260} />
    );
  }
  const buckets: Bucket[] = data.points.map(([start]) => ({
    start,
    label: dayAndClock(start, zone),
    title: dayAndClock(start, zone),
    unfinished: false,
  }));
  const times = data.points.map(([, , ms]) => ms);
  const known = times.filter((ms) => ms !== null);
  const worst = data.points.filter(([, up]) => up !== null && up < 100).length;
  return (
    <>
      <section>
        <h3 className={drawer.heading}>Availability</h3>
        <dl className={styles.numbers}>
          {(["24h", "7d", "30d"] as const).map((span) => (
            <div key={span}>
              <dt>{{ "24h": "24 hours", "7d": "7 days", "30d": "30 days" }[span]}</dt>
              <dd>
                <Told {...availabilitySaid(`the last ${span}`)}>
                  {data.availability[span] == null ? unknown : percent(data.availability[span], 2)}
                </Told>
              </dd>
            </div>
          ))}
        </dl>
        {data.points.length > 0 && (
          <>
            <div
              className={styles.strip}
              role="img"
              aria-label={`${data.points.length} steps ${range.words}; in ${worst} of them a check failed.`}
            >
              {data.points.map(([start, up]) => (
                <i
                  key={start}
                  data-up={up === null ? "unknown" : up >= 100 ? "all" : up > 0 ? "some" : "none"}
                  title={`${dayAndClock(start, zone)}: ${up === null ? "not probed" : `${percent(up)} of checks good`}`}
                />
              ))}
            </div>
            <p className={styles.ends}>
              <span>{buckets[0]?.title}</span>
              <span>now</span>
            </p>
          </>
        )}
      </section>
      {probe.kind !== "heartbeat" && (
        <section>
          <h3 className={drawer.heading}>Response time, ms, {range.words}</h3>
          {known.length === 0 ? (
            <p className={drawer.quiet}>No check was answered {range.words}.</p>
          ) : (
            <Drawn height={chartHeight}>
              {({ LineChart }) => (
                <LineChart
                  buckets={buckets}
                  lines={[
                    {
                      label: "Response",
                      colour: (palette) => palette.accent,
                      values: times,
                      area: true,
                    },
                  ]}
                  show={milliseconds}
                  summary={`Response time ${range.words}: at most ${milliseconds(Math.max(...known))}, last ${milliseconds(known.at(-1))}.`}
                  height={chartHeight}
                />
              )}
            </Drawn>
          )}
        </section>
      )}
      <section>
        <h3 className={drawer.heading}>Failed checks</h3>
        {data.failures.length === 0 ? (
          <p className={drawer.quiet}>None {range.words}.</p>
        ) : (
          <ul className={styles.failures}>
            {data.failures.slice(0, 30).map((failure) => (
              <li key={`${failure.at} ${failure.reason}`}>
                <time dateTime={failure.at} title={fullTime(failure.at, zone)}>
                  {recentTime(failure.at, Date.now(), zone)}
                </time>
                <span>{failure.reason}</span>
              </li>
            ))}
          </ul>
        )}
        {data.failures.length > 30 && (
          <p className={drawer.quiet}>{data.failures.length - 30} more before.</p>
        )}
      </section>
    </>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div className={drawer.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
