import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useStatus } from "../api/status";
import { plural, recentTime } from "../format";
import { type Measure, measures } from "../state/measures";
import { shared } from "../state/view";
import { useZone } from "../state/zone";
import { saidOf } from "./CourseCard";
import { AlertIcon, RealIcon } from "./icons";
import styles from "./strips.module.css";
import { Told } from "./Told";

/** Alerts and the machine in a line each, asked for once the page has its numbers. */
export function Strips({ enabled }: { enabled: boolean }) {
  return (
    <div className={styles.strips}>
      <Alerts enabled={enabled} />
      <Machine enabled={enabled} />
    </div>
  );
}

const rank = { critical: 0, warning: 1, info: 2 };
/** As many lines as are kept free. */
const lines = 2;

function Alerts({ enabled }: { enabled: boolean }) {
  const zone = useZone();
  const { data, error } = useStatus(enabled);
  const alerts = data?.alerts;
  const open = (alerts ?? [])
    .filter(({ phase }) => phase !== "pending")
    .toSorted((a, b) => rank[a.severity] - rank[b.severity]);
  const [first] = open;
  const shown = open.length > lines ? lines - 1 : lines;
  const more = open.length - shown;
  return (
    <Strip title="Alerts" to="/alerts" tone={first ? first.severity : alerts ? "ok" : "none"}>
      {alerts === null || (error && !data) ? (
        <span className={styles.quiet}>could not be read</span>
      ) : !alerts ? null : open.length === 0 ? (
        <span className={styles.quiet}>none open</span>
      ) : (
        <>
          {open.slice(0, shown).map((alert) => (
            <span key={alert.id ?? alert.rule} className={styles.alert} title={alert.reason}>
              <strong data-severity={alert.severity}>{alert.severity}</strong> {alert.title}
              {alert.subject && `, ${alert.subject}`}{" "}
              <span className={styles.quiet}>since {recentTime(alert.started_at, Date.now(), zone)}</span>
            </span>
          ))}
          {more > 0 && <span className={styles.quiet}>{more} more</span>}
        </>
      )}
    </Strip>
  );
}

function Machine({ enabled }: { enabled: boolean }) {
  const { data, error } = useStatus(enabled);
  const health = data?.health;
  const watched = (data?.probes ?? []).filter(({ status }) => status !== "paused");
  const down = watched.filter(({ status }) => status === "down");
  const now = data?.system ?? null;
  const number = (measure: Measure) => (
    <span className={styles.number}>
      {measure.label}{" "}
      <Told {...saidOf(measure, "now, mean of the last ten seconds")}>
        <strong>{measure.show(now ? measure.value(now) : null)}</strong>
      </Told>
    </span>
  );
  const trouble = health?.status === "unhealthy" || down.length > 0;
  return (
    <Strip
      title="System"
      to="/system"
      tone={trouble ? "critical" : health && health.status !== "healthy" ? "warning" : health ? "ok" : "none"}
    >
      {error && !data ? (
        <span className={styles.quiet}>could not be read</span>
      ) : !data ? null : (
        <>
          {number(measures.cpu)}
          {number(measures.memory)}
          {number(measures.disk)}
          {health && <span className={styles.number}>server {health.status}</span>}
          {watched.length > 0 && (
            <span className={styles.number} title={down.map(({ name }) => name).join(", ") || undefined}>
              {watched.filter(({ status }) => status === "up").length} of {plural(watched.length, "probe")} up
            </span>
          )}
        </>
      )}
    </Strip>
  );
}

interface StripProps {
  title: string;
  to: "/alerts" | "/system";
  /** none: not known yet. */
  tone: "ok" | "info" | "warning" | "critical" | "none";
  children: ReactNode;
}

function Strip({ title, to, tone, children }: StripProps) {
  return (
    <section className={styles.strip} data-tone={tone} aria-label={title}>
      <Link to={to} search={shared} className={styles.title ?? ""}>
        {tone === "ok" ? <RealIcon /> : tone === "none" ? null : <AlertIcon />}
        {title}
      </Link>
      <div className={styles.text}>{children}</div>
    </section>
  );
}
