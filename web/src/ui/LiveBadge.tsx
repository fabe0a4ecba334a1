import { Tooltip } from "@mantine/core";
import { useEffect, useState } from "react";
import { clock, fullTime, span } from "../format";
import { live, useLive } from "../state/live";
import { useZone } from "../state/zone";
import styles from "./frame.module.css";

function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), everyMs);
    return () => window.clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** Whether the page shows the present, and if not, since when. A click tries to connect at once. */
export function LiveBadge() {
  const { phase, since, lastContact } = useLive();
  const zone = useZone();
  const now = Math.max(useNow(1_000), lastContact ?? 0);
  const contact = lastContact === null ? "" : `Last sign of the server: ${fullTime(lastContact, zone)}.`;
  const words = {
    connecting: { text: "connecting", title: "Opening the live feed." },
    live: {
      text: `live · ${span(now - (lastContact ?? now))} ago`,
      title: `New predictions appear by themselves. ${contact}`,
    },
    stale: {
      text: `stale since ${clock(lastContact ?? since ?? now, zone)}`,
      title: `The live feed is interrupted and reconnects by itself. ${contact} Click to try now.`,
    },
  }[phase];
  return (
    <Tooltip label={words.title} multiline w={260}>
      <button type="button" className={styles.badge} data-phase={phase} onClick={live.retryNow}>
        <span className={styles.dot} aria-hidden="true" />
        <span>{words.text}</span>
      </button>
    </Tooltip>
  );
}
