import { type ProbeHistory as History, type Probe, useProbeHistory } from "../api/probes";
import type { Bucket } from "../charts/buckets";
import { UpStrip } from "../charts/UpStrip";
import { clock, day, dayAndClock, fullTime, milliseconds, percent, recentTime, unknown } from "../format";
import type { RangeChoice } from "../state/range";
import { boundsOf } from "../state/range";
import type { Field } from "../state/sheet";
import { useView } from "../state/view";
import { useZone } from "../state/zone";
import { saidOf } from "./about";
import { ChartCard } from "./ChartCard";
import { Drawn } from "./Drawn";
import drawer from "./drawer.module.css";
import { availabilitySaid } from "./ProbesCard";
import styles from "./probes.module.css";
import { Empty, Failed, type Loading, Skeleton } from "./states";
import { Told } from "./Told";

const stripHeight = 26;
const chartHeight = 150;
const hourMs = 3_600_000;
const spans = { "24h": "24 hours", "7d": "7 days", "30d": "30 days" } as const;

type Point = History["points"][number];

/** What came of a probe's checks over the range: how often good, how fast, and which failed. */
export function ProbeHistory({ probe }: { probe: Probe }) {
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
  // Whatever there is stays in sight while it is renewed.
  const loading: Loading = { pending: false, error: null, outdated: false, retry: () => void refetch() };
  const parts = { name: probe.name, data, range, zone, loading };
  return (
    <>
      <Availability {...parts} />
      {probe.kind !== "heartbeat" && <ResponseTime {...parts} />}
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

interface PartProps {
  name: string;
  data: History;
  range: RangeChoice;
  zone: string;
  loading: Loading;
}

const from = (zone: string): Field<Point> => ({
  key: "start",
  head: "From",
  value: ([start]) => start,
  show: ([start]) => dayAndClock(start, zone),
});

function Availability({ name, data, range, zone, loading }: PartProps) {
  const worst = data.points.filter(([, up]) => up !== null && up < 100).length;
  const first = data.points[0]?.[0];
  return (
    <ChartCard
      title="Availability"
      subtitle={`Good checks of all, step by step, ${range.words}`}
      name={`availability-${name}-${range.code}`}
      fields={[
        from(zone),
        {
          key: "good_checks_percent",
          head: "Good checks",
          said: saidOf(goodChecks, { range: range.words, source: "the checks of this probe" }),
          number: true,
          value: ([, up]) => up,
          show: ([, up]) => (up === null ? "not probed" : percent(up, 2)),
        },
      ]}
      rows={data.points}
      reversed
      height={110}
      loading={loading}
    >
      <dl className={styles.numbers}>
        {(["24h", "7d", "30d"] as const).map((span) => (
          <div key={span}>
            <dt>{spans[span]}</dt>
            <dd>
              <Told {...availabilitySaid(`the last ${spans[span]}`)}>
                {data.availability[span] == null ? unknown : percent(data.availability[span], 2)}
              </Told>
            </dd>
          </div>
        ))}
      </dl>
      {first !== undefined && (
        <>
          <UpStrip
            steps={data.points.map(([start, up]) => ({
              key: start,
              up,
              title: `${dayAndClock(start, zone)}: ${up === null ? "not probed" : `${percent(up)} of checks good`}`,
            }))}
            height={stripHeight}
            summary={`${data.points.length} steps ${range.words}; in ${worst} of them a check failed.`}
          />
          <p className={styles.ends}>
            <span>{dayAndClock(first, zone)}</span>
            <span>now</span>
          </p>
        </>
      )}
    </ChartCard>
  );
}

const goodChecks = {
  title: "Good checks",
  definition: "Good checks of all checks that were made in the step.",
  unit: "percent",
};
const response = {
  title: "Response",
  definition: "Mean time from the start of a check to its answer, over the checks of the step.",
  unit: "milliseconds",
};

function ResponseTime({ name, data, range, zone, loading }: PartProps) {
  const long = data.points.length > 1 && Date.now() - Date.parse(data.points[0]?.[0] ?? "") > 48 * hourMs;
  const buckets: Bucket[] = data.points.map(([start]) => ({
    start,
    label: long ? day(start, zone) : clock(start, zone),
    title: dayAndClock(start, zone),
    unfinished: false,
  }));
  const times = data.points.map(([, , ms]) => ms);
  const known = times.filter((ms) => ms !== null);
  return (
    <ChartCard
      title="Response time"
      subtitle={`Milliseconds, ${range.words}`}
      name={`response-${name}-${range.code}`}
      fields={[
        from(zone),
        {
          key: "response_ms",
          head: "Response",
          said: saidOf(response, { range: range.words, source: "the checks of this probe" }),
          number: true,
          value: ([, , ms]) => ms,
          show: ([, , ms]) => milliseconds(ms),
        },
      ]}
      rows={data.points}
      reversed
      height={chartHeight}
      loading={loading}
      empty={
        known.length === 0 && (
          <Empty>
            <p>No check was answered {range.words}.</p>
          </Empty>
        )
      }
    >
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
    </ChartCard>
  );
}
