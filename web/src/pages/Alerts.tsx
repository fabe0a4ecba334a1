import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useAlerts } from "../api/alerts";
import { plural } from "../format";
import { shared, useView } from "../state/view";
import { alertTabs } from "../ui/pages";
import { Active } from "./alerts/Active";
import { Channels } from "./alerts/Channels";
import { History } from "./alerts/History";
import { Routing } from "./alerts/Routing";
import { Rules } from "./alerts/Rules";
import { Silences } from "./alerts/Silences";
import styles from "./pages.module.css";
import tabs from "./tabs.module.css";

const contents = {
  active: Active,
  history: History,
  rules: Rules,
  silences: Silences,
  channels: Channels,
  routing: Routing,
};

/** What is wrong now, what was, what is looked for, and who is told. The address holds the tab and all it looks for. */
export function Alerts() {
  const { view } = useView();
  const tab = alertTabs.find((one) => one.tab === view.tab)?.tab ?? "active";
  const Content = contents[tab];
  const bar = useRef<HTMLElement>(null);
  // On a phone the bar is wider than the window.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the tab says which link is the current one
  useEffect(() => {
    const current = bar.current?.querySelector<HTMLElement>("[aria-current=page]");
    if (bar.current && current) bar.current.scrollLeft = current.offsetLeft - 24;
  }, [tab]);
  return (
    <div>
      <div className={styles.heading}>
        <h1>Alerts</h1>
        <Now />
      </div>
      <nav ref={bar} className={tabs.tabs} aria-label="Parts of Alerts">
        {alertTabs.map((one, at) => (
          <Link
            key={one.tab}
            to="/alerts"
            search={(old) => ({ ...shared(old), ...(at === 0 ? {} : { tab: one.tab }) })}
            className={tabs.tab ?? ""}
            // Of the six only the one with this very address would be active; the tab alone decides.
            activeOptions={{ exact: true, includeSearch: true }}
            aria-current={one.tab === tab ? "page" : undefined}
            data-shortcut={String(at + 1)}
            title={`${one.label} (${at + 1})`}
            resetScroll={false}
          >
            {one.label}
          </Link>
        ))}
      </nav>
      <Content />
    </div>
  );
}

/** The one sentence that answers whether something is wrong, on every tab. */
function Now() {
  const { data } = useAlerts("open", {});
  if (!data) return <p>Looking</p>;
  const open = data.pages.flatMap(({ items }) => items);
  const alarming = open.filter(({ id }) => id !== null).length;
  const pending = open.length - alarming;
  if (open.length === 0) return <p>Nothing is firing.</p>;
  return (
    <p>
      {plural(alarming, "open alert")}
      {pending > 0 && `, ${pending} pending`}
      {data.pages.at(-1)?.next_cursor && ", and more"}
    </p>
  );
}
