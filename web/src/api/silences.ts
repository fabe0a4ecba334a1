import { alertsKey, pathOf, useChange } from "./changes";
import { writeJson } from "./client";
import { usePages } from "./pages";

export const matcherFields = ["rule", "severity", "group", "subject"] as const;
export const matcherOps = ["is", "is_not", "contains"] as const;

export interface Matcher {
  field: (typeof matcherFields)[number];
  op: (typeof matcherOps)[number];
  value: string;
}

export interface NewSilence {
  matchers: Matcher[];
  starts_at: string;
  ends_at: string;
  comment: string;
}

export interface Silence extends NewSilence {
  id: string;
  author: string;
  created_at: string;
  /** Who ended it before its time. */
  ended_by: string | null;
  active: boolean;
  /** How many open alerts it keeps quiet. */
  matches: number;
}

export interface SilencePage {
  items: Silence[];
  next_cursor: string | null;
}

const path = "/api/v1/alerts/silences";

export function useSilences() {
  return usePages<SilencePage>({
    key: [...alertsKey, "silences"],
    path: (cursor) => pathOf(path, { limit: 100, cursor }),
    everyMs: 15_000,
  });
}

export function useCreateSilence() {
  return useChange((silence: NewSilence) => writeJson<Silence>("POST", path, silence), alertsKey);
}

/** Ends it now; the history keeps it. */
export function useEndSilence() {
  return useChange(
    (id: string) => writeJson<unknown>("DELETE", `${path}/${encodeURIComponent(id)}`),
    alertsKey,
  );
}
