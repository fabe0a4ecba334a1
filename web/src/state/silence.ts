import type { Alert } from "../api/alerts";
import type { Matcher, Silence } from "../api/silences";

export const opWords: Record<Matcher["op"], string> = { is: "is", is_not: "is not", contains: "contains" };

export function matcherWords({ field, op, value }: Matcher): string {
  return `${field} ${opWords[op]} ${value}`;
}

/** Whether a silence with these matchers would keep the alert quiet: every one must hold, and there must be one. */
export function silences(
  matchers: Matcher[],
  alert: Pick<Alert, "rule" | "severity" | "group" | "subject">,
): boolean {
  return (
    matchers.length > 0 &&
    matchers.every(({ field, op, value }) => {
      const actual = alert[field];
      if (op === "is") return actual === value;
      if (op === "is_not") return actual !== value;
      return actual.toLowerCase().includes(value.toLowerCase());
    })
  );
}

/** The matchers that fit this alert and nothing broader. */
export function matchersFor({ rule, subject }: Pick<Alert, "rule" | "subject">): Matcher[] {
  const exact: Matcher[] = [{ field: "rule", op: "is", value: rule }];
  return subject === "" ? exact : [...exact, { field: "subject", op: "is", value: subject }];
}

export type SilenceStage = "active" | "pending" | "expired";

export function stageOf(
  { starts_at, ends_at }: Pick<Silence, "starts_at" | "ends_at">,
  now: number,
): SilenceStage {
  if (Date.parse(ends_at) <= now) return "expired";
  return Date.parse(starts_at) > now ? "pending" : "active";
}
