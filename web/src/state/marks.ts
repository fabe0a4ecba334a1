import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { heal } from "../api/ask";
import { incidentsKey } from "../api/changes";
import { getJson } from "../api/client";
import type { IncidentPage } from "../api/incidents";
import type { Result } from "../api/types";
import { bucketsOf } from "../charts/buckets";
import { incidentMarks, type Mark, modelMarks } from "../charts/marks";

const none: Mark[] = [];

/** The newest hundred incidents, for marks on time axes; asked once the page has its numbers. */
function useOpened(enabled: boolean) {
  return useQuery({
    queryKey: [...incidentsKey, "marks"],
    queryFn: ({ signal }) => getJson<IncidentPage>("/api/v1/incidents?state=all&limit=100", signal),
    staleTime: 30_000,
    refetchInterval: heal(60_000),
    enabled,
  });
}

/** Incidents that were opened within the steps of a time axis. */
export function useIncidentMarks(starts: string[] | undefined, end: string | undefined): Mark[] {
  const { data } = useOpened(starts !== undefined);
  return useMemo(() => {
    const marks = data && starts && end ? incidentMarks(data.items, starts, end) : none;
    return marks.length > 0 ? marks : none;
  }, [data, starts, end]);
}

/** What happened along an answer's time axis: new model versions, and incidents. */
export function useMarks(changes: Result | undefined, course: Result | undefined): Mark[] {
  const starts = useMemo(() => (course ? bucketsOf(course).map(({ start }) => start) : undefined), [course]);
  const incidents = useIncidentMarks(starts, course?.range.end);
  const models = useMemo(() => (changes && course ? modelMarks(changes, course) : none), [changes, course]);
  return useMemo(
    () => (models.length + incidents.length > 0 ? [...models, ...incidents] : none),
    [models, incidents],
  );
}
