import { ExploreIcon, ListIcon, OverviewIcon, ScanIcon, SettingsIcon, SpeedIcon, UsageIcon } from "./icons";

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
