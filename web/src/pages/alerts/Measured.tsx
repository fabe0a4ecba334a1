import type { Alert } from "../../api/alerts";
import { useMetrics } from "../../api/queries";
import { quantity, rounded } from "../../format";
import { Told } from "../../ui/Told";

type Props = Pick<Alert, "metric" | "value" | "limit" | "unit"> & {
  reason?: string | undefined;
  at?: string | undefined;
};

/** A rule's value against its limit, with what the metric means. */
export function Measured({ metric, value, limit, unit, reason, at }: Props) {
  const { data } = useMetrics();
  const entry = data?.metrics.find(({ name }) => name === metric);
  const shown = unit ?? entry?.unit ?? null;
  return (
    <Told
      title={entry?.label ?? metric ?? "Value"}
      definition={entry?.definition}
      facts={[
        ["Value", quantity(value, shown)],
        ["Limit", quantity(limit, shown)],
        ["Metric", metric ?? "its rule is gone"],
        ...(at ? ([["Measured", at]] satisfies [string, string][]) : []),
        ...(reason ? ([["Why", reason]] satisfies [string, string][]) : []),
      ]}
    >
      <strong>{quantity(rounded(value, limit), shown)}</strong>
      {limit !== null && <span className="quiet"> / {quantity(limit, shown)}</span>}
    </Told>
  );
}
