import type { ReactNode } from "react";
import { useStatus } from "../api/status";
import type { Result } from "../api/types";
import { clock, failedWords, integer } from "../format";
import { useLive } from "../state/live";
import { useZone } from "../state/zone";
import { AlertIcon, RealIcon } from "./icons";
import styles from "./status.module.css";

interface Props {
  /** Set when the numbers could not be renewed. */
  error: Error | null;
  failures: { total: number; failed: number; patterns: Result; words: string } | null;
  /** Whether the server may be asked how it is: the numbers go first. */
  enabled: boolean;
}

/** Whether everything is all right, and if not, where: the first line of the overview. */
export function Status({ error, failures, enabled }: Props) {
  const { phase, since, lastContact } = useLive();
  const health = useStatus(enabled).data?.health;
  const zone = useZone();
  if (phase === "stale") {
    const at = clock(lastContact ?? since ?? Date.now(), zone);
    return (
      <Line tone="warning" word="Stale">
        The server has been silent since {at}. What you see is from then; the page reconnects by itself.
      </Line>
    );
  }
  if (error) {
    return (
      <Line tone="warning" word="Not renewed">
        {error.message} The page tries again by itself.
      </Line>
    );
  }
  if (health && health.status !== "healthy") {
    return (
      <Line
        tone={health.status === "unhealthy" ? "critical" : "warning"}
        word={health.status === "unhealthy" ? "Unhealthy" : "Degraded"}
      >
        {(health.reasons ?? []).join("; ") || "The server gives no reason."}
      </Line>
    );
  }
  return (
    <Line tone="ok" word={health ? "Server healthy" : "Connected"}>
      {failures && failures.total > 0 ? failureSentence(failures) : null}
    </Line>
  );
}

/** "3 of 1,247 failed (0.2 %): 2 × unsupported format, 1 × truncated." */
function failureSentence({ total, failed, patterns, words }: NonNullable<Props["failures"]>): string {
  if (failed === 0) return `None of ${integer(total)} failed ${words}.`;
  const named = patterns.rows.slice(0, 2).map((row) => {
    const name = (row.error_pattern ?? "unknown").replace(/\.$/, "");
    return `${integer(row.failed_predictions)} × ${name}`;
  });
  const counted = patterns.rows.slice(0, 2).reduce((sum, row) => sum + (row.failed_predictions ?? 0), 0);
  if (named.length > 0 && counted < failed) named.push(`${integer(failed - counted)} × other`);
  const list = named.length > 0 ? `: ${named.join(", ")}` : "";
  return `${failedWords(failed, total)} ${words}${list}.`;
}

function Line({
  tone,
  word,
  children,
}: {
  tone: "ok" | "warning" | "critical";
  word: string;
  children: ReactNode;
}) {
  return (
    <div className={styles.line} data-tone={tone} role="status">
      <span className={styles.word}>
        {tone === "ok" ? <RealIcon /> : <AlertIcon />}
        {word}
      </span>
      <span className={styles.text} title={typeof children === "string" ? children : undefined}>
        {children}
      </span>
    </div>
  );
}
