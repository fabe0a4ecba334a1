import { useLocation } from "@tanstack/react-router";
import { useMetrics } from "../api/queries";
import { isDemo } from "../base";
import { useBranding } from "../state/branding";
import { rangeLabel } from "../state/range";
import { hasFilters, hasRange, useView } from "../state/view";
import { useZone } from "../state/zone";
import { CompareMenu } from "./CompareMenu";
import { FilterChips } from "./FilterChips";
import { FilterMenu } from "./FilterMenu";
import styles from "./frame.module.css";
import { MenuIcon, SearchIcon } from "./icons";
import { LiveBadge } from "./LiveBadge";
import { RangePicker } from "./RangePicker";
import { SchemeToggle } from "./SchemeToggle";
import { ShareMenu } from "./ShareMenu";

export function TopBar({ onMenu, onSearch }: { onMenu: () => void; onSearch: () => void }) {
  const ranged = useLocation({ select: ({ pathname }) => hasRange(pathname) });
  const filtered = useLocation({ select: ({ pathname }) => hasFilters(pathname) });
  return (
    <header className={styles.bar}>
      <div className={styles.barRow}>
        <button
          type="button"
          className={`${styles.iconButton} ${styles.burger}`}
          onClick={onMenu}
          aria-label="Open the menu"
        >
          <MenuIcon />
        </button>
        <Tenant />
        {ranged && (
          <div className={styles.question}>
            <RangePicker />
            {filtered && (
              <>
                <CompareMenu />
                <FilterMenu />
              </>
            )}
          </div>
        )}
        {filtered ? <FilterChips /> : <span className={styles.chips} />}
        {ranged && <PrintedRange />}
        <LiveBadge />
        <button
          type="button"
          className={styles.iconButton}
          onClick={onSearch}
          aria-label="Search"
          aria-keyshortcuts="Control+K Meta+K"
          title="Search pages, ranges, filters, clients (Ctrl K)"
        >
          <SearchIcon />
        </button>
        <ShareMenu />
        <span className={styles.wideOnly}>
          <SchemeToggle />
        </span>
      </div>
    </header>
  );
}

/** Paper has no range picker: it says which range it shows. */
function PrintedRange() {
  const { range } = useView();
  const zone = useZone();
  return (
    <span className={styles.printed}>
      {rangeLabel(range)} ({zone})
    </span>
  );
}

/** `verascope demo` names its tenant so. */
const demoName = "DEMO";

function Tenant() {
  const { data } = useMetrics();
  const name = data?.tenant.name ?? (isDemo ? demoName : "");
  const madeUp = isDemo || name === demoName;
  const branding = useBranding();
  return (
    <>
      <span
        className={`${styles.tenant} ${madeUp ? styles.demo : ""}`}
        title={madeUp ? "Everything here is made up" : "Tenant"}
      >
        {madeUp ? name : (branding?.name ?? name)}
      </span>
      {isDemo && (
        <a className={styles.leave} href="/dashboard">
          Leave the demo
        </a>
      )}
    </>
  );
}
