import { SegmentedControl } from "@mantine/core";
import { useLocation } from "@tanstack/react-router";
import { useMetrics } from "../api/queries";
import { rangePresets } from "../state/search";
import { hasRange, useView } from "../state/view";
import { useZone } from "../state/zone";
import { FilterChips } from "./FilterChips";
import styles from "./frame.module.css";
import { MenuIcon } from "./icons";
import { LiveBadge } from "./LiveBadge";
import { SchemeToggle } from "./SchemeToggle";

export function TopBar({ onMenu }: { onMenu: () => void }) {
  const ranged = useLocation({ select: ({ pathname }) => hasRange(pathname) });
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
        {ranged ? <RangePicker /> : null}
        {ranged ? <FilterChips /> : <span className={styles.chips} />}
        <LiveBadge />
        <span className={styles.wideOnly}>
          <SchemeToggle />
        </span>
      </div>
    </header>
  );
}

/** `verascope demo` names its tenant so. */
const demoName = "DEMO";

function Tenant() {
  const { data } = useMetrics();
  const name = data?.tenant.name ?? "";
  const isDemo = name === demoName;
  return (
    <span
      className={`${styles.tenant} ${isDemo ? styles.demo : ""}`}
      title={isDemo ? "Everything here is made up" : "Tenant"}
    >
      {name}
    </span>
  );
}

function RangePicker() {
  const { range, setRange } = useView();
  const zone = useZone();
  const choices = rangePresets.some(({ code }) => code === range.code)
    ? rangePresets
    : [...rangePresets, { code: range.code, label: range.code }];
  return (
    <div className={styles.range}>
      <SegmentedControl
        className={styles.rangeWide ?? ""}
        aria-label="Range"
        size="xs"
        withItemsBorders={false}
        transitionDuration={120}
        value={range.code}
        onChange={setRange}
        data={choices.map(({ code, label }) => ({ value: code, label }))}
      />
      <select
        className={styles.rangeNarrow}
        aria-label="Range"
        value={range.code}
        onChange={(event) => setRange(event.currentTarget.value)}
      >
        {choices.map(({ code, label }) => (
          <option key={code} value={code}>
            {label}
          </option>
        ))}
      </select>
      <span className={styles.zone} title={`Days and hours are those of ${zone}`}>
        {zone}
      </span>
    </div>
  );
}
