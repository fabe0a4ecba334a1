import { fullTime, recentTime } from "../format";
import { useZone } from "../state/zone";
import styles from "./timeline.module.css";

export interface TimelineEvent {
  at: string;
  kind: string;
  by: string | null;
  text: string;
}

const labels: Record<string, string> = {
  transition: "State",
  delivery: "Message",
  suppressed: "Not sent",
  acknowledged: "Acknowledged",
  acknowledgement: "Acknowledged",
  silenced: "Silenced",
  silence: "Silence",
  rule: "Rule",
  rule_change: "Rule",
  routing: "Routing",
  escalation: "Escalated",
  incident: "Incident",
  note: "Note",
  opened: "Opened",
  resolved: "Resolved",
  reopened: "Re-opened",
  assigned: "Assigned",
  severity: "Severity",
};

/** A kind of event as a word; one that the page doesn't know as it stands. */
export function kindLabel(kind: string): string {
  const words = kind.replaceAll("_", " ");
  return labels[kind] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

/** What happened, the newest last, as it is read. */
export function Timeline({ events, label }: { events: TimelineEvent[]; label: string }) {
  const zone = useZone();
  const sorted = events.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  return (
    <ol className={styles.timeline} aria-label={label}>
      {sorted.map((event, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: events are only ever added at the end
        <li key={at} data-kind={event.kind}>
          <span className={styles.head}>
            <strong>{kindLabel(event.kind)}</strong>
            <time dateTime={event.at} title={fullTime(event.at, zone)}>
              {recentTime(event.at, Date.now(), zone)}
            </time>
            {event.by && <span>by {event.by}</span>}
          </span>
          <span className={styles.text}>{event.text}</span>
        </li>
      ))}
    </ol>
  );
}
