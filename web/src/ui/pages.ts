import { ListIcon, OverviewIcon, ScanIcon } from "./icons";

/** The rail's groups and pages, in order. `key` follows `g` on the keyboard. */
export const groups = [
  {
    label: "Watch",
    pages: [
      { to: "/", label: "Overview", key: "o", icon: OverviewIcon },
      { to: "/predictions", label: "Predictions", key: "p", icon: ListIcon },
    ],
  },
  { label: "Check", pages: [{ to: "/analyse", label: "Analyse", key: "a", icon: ScanIcon }] },
] as const;

export const pages = groups.flatMap((group) => [...group.pages]);
