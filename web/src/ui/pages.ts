import {
  BellIcon,
  BugIcon,
  ExploreIcon,
  IncidentIcon,
  ListIcon,
  OverviewIcon,
  ScanIcon,
  SettingsIcon,
  SpeedIcon,
  SystemIcon,
  UsageIcon,
} from "./icons";

/** The rail's groups and pages, in order. `key` follows `g` on the keyboard. */
export const groups = [
  {
    label: "Watch",
    pages: [
      { to: "/", label: "Overview", key: "o", icon: OverviewIcon },
      { to: "/usage", label: "Usage", key: "u", icon: UsageIcon },
      { to: "/performance", label: "Performance", key: "f", icon: SpeedIcon },
      { to: "/predictions", label: "Predictions", key: "p", icon: ListIcon },
    ],
  },
  {
    label: "Operate",
    pages: [
      { to: "/alerts", label: "Alerts", key: "l", icon: BellIcon },
      { to: "/incidents", label: "Incidents", key: "i", icon: IncidentIcon },
      { to: "/system", label: "System", key: "y", icon: SystemIcon },
      { to: "/errors", label: "Errors", key: "x", icon: BugIcon },
    ],
  },
  { label: "Check", pages: [{ to: "/analyse", label: "Analyse", key: "a", icon: ScanIcon }] },
  {
    label: "Dig",
    pages: [
      { to: "/explore", label: "Explore", key: "e", icon: ExploreIcon },
      { to: "/settings", label: "Settings", key: "s", icon: SettingsIcon },
    ],
  },
] as const;

export const pages = groups.flatMap((group) => [...group.pages]);

/** The tabs of Alerts, in order; the first is what the page opens with. */
export const alertTabs = [
  { tab: "active", label: "Active" },
  { tab: "history", label: "History" },
  { tab: "rules", label: "Rules" },
  { tab: "silences", label: "Silences" },
  { tab: "channels", label: "Channels" },
  { tab: "routing", label: "Routing" },
] as const;

export type AlertTab = (typeof alertTabs)[number]["tab"];

/** What can be made on these pages, as the palette offers it. */
export const creations = [
  { to: "/alerts", label: "New alert rule", search: { tab: "rules", edit: "+" } },
  { to: "/alerts", label: "New silence", search: { tab: "silences", edit: "+" } },
  { to: "/alerts", label: "New channel", search: { tab: "channels", edit: "+" } },
  { to: "/incidents", label: "Open an incident", search: { edit: "+" } },
] as const;
