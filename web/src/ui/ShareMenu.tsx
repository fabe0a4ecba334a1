import { Popover } from "@mantine/core";
import { useState } from "react";
import { customRange } from "../state/range";
import { useView } from "../state/view";
import { CopyAction } from "./Copy";
import styles from "./frame.module.css";
import { ShareIcon } from "./icons";

/** The address is the view. A relative range can be fixed, so that the link shows the same numbers later. */
export function ShareMenu() {
  const [opened, setOpened] = useState(false);
  const { range } = useView();
  const fixed = "days" in range.query || "hours" in range.query;
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      position="bottom-end"
      width={290}
      trapFocus
      returnFocus
      shadow="md"
    >
      <Popover.Target>
        <button
          type="button"
          className={styles.iconButton}
          data-shortcut="s"
          onClick={() => setOpened(!opened)}
          aria-label="Share this view"
          title="Share this view (s)"
        >
          <ShareIcon />
        </button>
      </Popover.Target>
      <Popover.Dropdown className={styles.menu ?? ""}>
        <p className={styles.menuHead}>The address holds range, comparison and filters.</p>
        <div className={styles.menuList}>
          <CopyAction className={styles.menuItem} text={() => window.location.href}>
            Copy the link{fixed ? `: always ${range.words}` : ""}
          </CopyAction>
          {fixed && (
            <CopyAction className={styles.menuItem} text={() => fixedLink(range.query)}>
              Copy a link to these very hours
            </CopyAction>
          )}
          <button type="button" className={styles.menuItem} onClick={() => window.print()}>
            Print this page
          </button>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

const hourMs = 3_600_000;

/** The present range from its first to its next full hour. Days are counted back in hours, as near as a link needs. */
function fixedLink(query: object): string {
  const hours = "hours" in query ? Number(query.hours) : 24 * Number((query as { days: number }).days);
  const end = Math.ceil(Date.now() / hourMs) * hourMs;
  const url = new URL(window.location.href);
  url.searchParams.set("range", customRange(end - hours * hourMs, end));
  return url.href;
}
