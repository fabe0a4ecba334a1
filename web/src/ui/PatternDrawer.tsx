import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import {
  type ErrorPattern,
  type ErrorPatternDetail,
  type PatternSpan,
  useChangePattern,
  usePattern,
} from "../api/patterns";
import type { Prediction } from "../api/types";
import { Sparkline } from "../charts/Sparkline";
import { fullTime, integer, percent, rangeWords, recentTime } from "../format";
import { shared, useViewChanges } from "../state/view";
import { useZone } from "../state/zone";
import drawer from "./drawer.module.css";
import { Fact, Facts } from "./Facts";
import { Field } from "./Field";
import form from "./form.module.css";
import styles from "./patterns.module.css";
import { RowDrawer } from "./SideDrawer";
import { StateBadge } from "./StateBadge";
import { Failed, Skeleton } from "./states";
import { FilterValue } from "./Table";
import { Told } from "./Told";

interface Props {
  pattern: string | undefined;
  /** The list it was opened from: ↑ and ↓ walk through it. */
  rows: ErrorPattern[];
  span: PatternSpan;
}

/** Everything known about one pattern, and what somebody decides about it. */
export function PatternDrawer({ pattern, rows, span }: Props) {
  const { open } = useViewChanges();
  return (
    <RowDrawer
      title="Error pattern"
      id={pattern}
      rows={rows.map((row) => ({ id: row.pattern }))}
      onOpen={open}
    >
      {(id) => <Opened key={id} pattern={id} span={span} />}
    </RowDrawer>
  );
}

function Opened({ pattern, span }: { pattern: string; span: PatternSpan }) {
  const { data, error, refetch } = usePattern(pattern, span);
  if (!data) {
    return error ? (
      <Failed what="This pattern" error={error} retry={() => void refetch()} />
    ) : (
      <Skeleton height={320} />
    );
  }
  return <Details found={data} />;
}

function Details({ found }: { found: ErrorPatternDetail }) {
  const zone = useZone();
  const facts: [string, string][] = [
    ["Range", rangeWords(found.range)],
    ["Source", `failed predictions, fingerprint version ${found.version}`],
  ];
  return (
    <div className={drawer.details}>
      <div>
        <p className={drawer.error}>{found.pattern}</p>
        {found.message && found.message !== found.pattern && (
          <p className={drawer.quiet}>Last as: {found.message}</p>
        )}
      </div>
      <p className={drawer.verdict}>
        <StateBadge state={found.status} />
        <span>
          {found.status === "ignored" && found.ignored_until
            ? `until ${fullTime(found.ignored_until, zone)}`
            : found.status === "resolved" && found.resolved_at
              ? `since ${fullTime(found.resolved_at, zone)}`
              : found.status === "regressed" && found.regressed_at
                ? `on ${fullTime(found.regressed_at, zone)}`
                : ""}
        </span>
      </p>
      <dl className={styles.numbers}>
        <div>
          <dt>Failures</dt>
          <dd>
            <Told
              title="Failures"
              definition="Predictions that failed with this pattern."
              facts={[["Unit", "a count"], ...facts]}
            >
              {integer(found.count)}
            </Told>
          </dd>
        </div>
        <div>
          <dt>Share of {integer(found.failed)}</dt>
          <dd>
            <Told
              title="Share"
              definition="Of all failed predictions in the range."
              facts={[["Unit", "percent"], ...facts]}
            >
              {percent(found.share)}
            </Told>
          </dd>
        </div>
        <Sparkline values={found.trend} unfinished={found.range.unfinished} fromZero />
      </dl>
      <Decide found={found} />
      <Facts title="When and whom">
        <Fact name="First seen">{fullTime(found.first_seen, zone)}</Fact>
        <Fact name="Last seen">{fullTime(found.last_seen, zone)}</Fact>
        <Fact name="Clients">
          {found.clients.length === 0
            ? "none in the range"
            : found.clients.map(({ name, count }) => (
                <span key={name}>
                  <FilterValue name="client" value={name} />{" "}
                  <span className={drawer.quiet}>{integer(count)}</span>
                  <br />
                </span>
              ))}
        </Fact>
        <Fact name="Assigned to">{found.assignee ?? "nobody"}</Fact>
      </Facts>
      <section>
        <h3 className={drawer.heading}>Newest failures</h3>
        {found.samples.length === 0 ? (
          <p className={drawer.quiet}>None is on record any more.</p>
        ) : (
          <ul className={styles.samples}>
            {found.samples.map((sample) => (
              <Sample key={sample.id} sample={sample} />
            ))}
          </ul>
        )}
        <p className={drawer.quiet}>
          <Link
            to="/predictions"
            search={(view) => ({ ...shared(view), error_pattern: [found.pattern], outcome: ["failed"] })}
          >
            All of them in the list
          </Link>
        </p>
      </section>
      <section>
        <h3 className={drawer.heading}>What happened</h3>
        <ol className={styles.timeline}>
          {found.timeline.toReversed().map((entry) => (
            <li key={`${entry.at} ${entry.kind} ${entry.text}`}>
              <time dateTime={entry.at} title={fullTime(entry.at, zone)}>
                {recentTime(entry.at, Date.now(), zone)}
              </time>
              <span>
                {entry.text}
                {entry.by && <span className={drawer.quiet}> by {entry.by}</span>}
              </span>
            </li>
          ))}
        </ol>
      </section>
    </div>
  );
}

const dayMs = 86_400_000;
const spans: [string, string][] = [
  ["1", "one day"],
  ["7", "a week"],
  ["30", "30 days"],
  ["90", "90 days"],
];

function Decide({ found }: { found: ErrorPatternDetail }) {
  const change = useChangePattern(found.pattern);
  const [days, setDays] = useState("7");
  const [assignee, setAssignee] = useState(found.assignee ?? "");
  const isClosed = found.status === "resolved" || found.status === "ignored";
  const assign = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({ act: "assign", assignee: assignee.trim() || null });
  };
  const ignore = () =>
    change.mutate({ act: "ignore", until: new Date(Date.now() + Number(days) * dayMs).toISOString() });
  return (
    <section className={drawer.label}>
      <div className={drawer.buttons}>
        {isClosed ? (
          <button
            type="button"
            className={form.button}
            onClick={() => change.mutate({ act: "reopen" })}
            disabled={change.isPending}
          >
            Reopen
          </button>
        ) : (
          <>
            <button
              type="button"
              className={form.primary}
              onClick={() => change.mutate({ act: "resolve" })}
              disabled={change.isPending}
              title="A failure that happens later brings it back"
            >
              Resolve
            </button>
            <button type="button" className={form.button} onClick={ignore} disabled={change.isPending}>
              Ignore for
            </button>
            <select
              className={form.select}
              aria-label="How long to ignore it"
              value={days}
              onChange={(event) => setDays(event.currentTarget.value)}
            >
              {spans.map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </select>
          </>
        )}
      </div>
      <form className={styles.assign} onSubmit={assign}>
        <Field label="Assigned to" value={assignee} placeholder="nobody" onChange={setAssignee} />
        <button
          type="submit"
          className={form.button}
          disabled={change.isPending || assignee.trim() === (found.assignee ?? "")}
        >
          Assign
        </button>
      </form>
      {change.error && (
        <p className={form.problem} role="alert">
          Nothing was changed. {change.error.message}
        </p>
      )}
    </section>
  );
}

function Sample({ sample }: { sample: Prediction }) {
  const zone = useZone();
  return (
    <li>
      <Link
        to="/predictions"
        search={(view) => ({ ...shared(view), id: sample.id })}
        title={`${fullTime(sample.timestamp, zone)}. Open the prediction`}
      >
        {recentTime(sample.timestamp, Date.now(), zone)}
      </Link>
      <span>
        {sample.client}
        <span className={drawer.quiet}>
          {" "}
          {sample.error_message}
          {sample.image_format && `, ${sample.image_format}`}
        </span>
      </span>
    </li>
  );
}
