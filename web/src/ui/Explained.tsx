import type { ReactNode } from "react";
import { useMetrics } from "../api/queries";
import type { MetricName, Result } from "../api/types";
import { exact, rangeWords } from "../format";
import { sourceWords, unitWords } from "./about";
import { Told } from "./Told";

interface Props {
  metric: MetricName;
  value: number | null | undefined;
  /** The answer the value was taken from. */
  result: Result;
  allTime?: boolean;
  /** More facts, such as what the value is compared with. */
  facts?: [string, string][];
  children: ReactNode;
}

/** A number that says on hover, focus and touch what it is, of which range, and where it comes from. */
export function Explained({ metric, value, result, allTime = false, facts = [], children }: Props) {
  const { data } = useMetrics();
  const entry = data?.metrics.find(({ name }) => name === metric);
  const rows: [string, string][] = [
    ["Exactly", exact(value, entry?.unit ?? "count")],
    ["Unit", unitWords[entry?.unit ?? "count"]],
    ["Range", allTime ? "everything recorded" : rangeWords(result.range)],
    ...facts,
    ["Source", sourceWords(result)],
  ];
  return (
    <Told title={entry?.label ?? metric} definition={entry?.definition} facts={rows}>
      {children}
    </Told>
  );
}
