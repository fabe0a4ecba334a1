import { useSearch } from "@tanstack/react-router";
import type { Result } from "../api/types";
import type { Mark } from "../charts/marks";
import type { RangeChoice } from "../state/range";
import type { View } from "../state/search";
import { useViewChanges } from "../state/view";
import { AccuracyCard } from "./AccuracyCard";
import form from "./form.module.css";
import { LatencyCard } from "./LatencyCard";
import type { Loading } from "./states";

interface Props {
  result: Result | undefined;
  range: RangeChoice;
  loading: Loading;
  marks: Mark[];
  className?: string | undefined;
}

const cards = { latency: LatencyCard, accuracy: AccuracyCard };

/** How fast the model was, or how often right. */
export function TrendsCard(props: Props) {
  const { keep } = useViewChanges();
  // Not the whole address: the card isn't drawn again when something else in it changes.
  const trend = useSearch({ strict: false, select: (view: View) => view.trend });
  const shown = trend === "accuracy" ? trend : "latency";
  const Shown = cards[shown];
  const tools = (
    <select
      className={form.select}
      aria-label="Which trend"
      value={shown}
      onChange={({ currentTarget: { value } }) => keep({ trend: value === "latency" ? undefined : value })}
    >
      <option value="latency">Latency</option>
      <option value="accuracy">Accuracy</option>
    </select>
  );
  return <Shown {...props} title="Performance trends" height={236} tools={tools} />;
}
