import type { Incident } from "../../api/incidents";

export const incidentStates: Record<
  Incident["state"],
  { label: string; tone: "ok" | "warning" | "critical" }
> = {
  open: { label: "Open", tone: "critical" },
  acknowledged: { label: "Acknowledged", tone: "warning" },
  resolved: { label: "Resolved", tone: "ok" },
};
