import { useState } from "react";
import type { Result } from "../api/types";
import type { Mark } from "../charts/marks";
import type { RangeChoice } from "../state/range";
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
  const [shown, setShown] = useState<keyof typeof cards>("latency");
  const Shown = cards[shown];
  const tools = (
    <select
      className={form.select}
      aria-label="Which trend"
      value={shown}
      onChange={(event) => setShown(event.currentTarget.value as keyof typeof cards)}
    >
      <option value="latency">Latency</option>
      <option value="accuracy">Accuracy</option>
    </select>
  );
  return <Shown {...props} title="Performance trends" height={236} tools={tools} />;
}
