import { ListIcon, OverviewIcon, ScanIcon } from "./icons";

/** The rail's groups and pages, in order. `key` follows `g` on the keyboard; `ranged`: range and filters act there. */
export const groups = [
  {
    label: "Watch",
    pages: [
      { to: "/", label: "Overview", key: "o", icon: OverviewIcon, ranged: true },
      { to: "/predictions", label: "Predictions", key: "p", icon: ListIcon, ranged: true },
    ],
  },
  { label: "Check", pages: [{ to: "/analyse", label: "Analyse", key: "a", icon: ScanIcon, ranged: false }] },
] as const;

export const pages = groups.flatMap((group) => [...group.pages]);
