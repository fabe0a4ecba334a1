import type { Result } from "../api/types";
import { HeatMap, hourWords, weekdays } from "../charts/HeatMap";
import { scaleOf } from "../charts/steps";
import { integer } from "../format";
import type { RangeChoice } from "../state/range";
import { weekOf } from "../state/week";
import { originOf, useAbout, useSaid } from "./about";
import { ChartCard } from "./ChartCard";
import { ScaleLegend } from "./ScaleLegend";
import { Empty, type Loading } from "./states";

interface Props {
  result: Result | undefined;
  range: RangeChoice;
  loading: Loading;
  className?: string | undefined;
}

/** At which hours of the week predictions come, in the tenant's zone. */
export function WeekCard({ result, range, loading, className }: Props) {
  const about = useAbout(["total_predictions"], result);
  const said = useSaid(result && originOf(result));
  const counts = weekOf(result?.rows ?? []);
  const hours = counts.flatMap((day, at) =>
    day.map((count, hour) => ({ weekday: weekdays[at] ?? "", hour, count })),
  );
  const scale = scaleOf(hours.map(({ count }) => count));
  const most = hours.reduce((best, one) => (one.count > best.count ? one : best), {
    weekday: "",
    hour: 0,
    count: 0,
  });
  const summary = `Busiest hour of the week: ${most.weekday} ${hourWords(most.hour)} with ${integer(most.count)} predictions.`;
  return (
    <ChartCard
      className={className}
      title="Hours of the week"
      subtitle={`Predictions ${range.words}, ${result?.range.time_zone ?? "UTC"}. Busiest: ${most.weekday} ${hourWords(most.hour)}`}
      about={about}
      name={`week-${range.code}`}
      fields={[
        { key: "weekday", head: "Weekday", value: ({ weekday }) => weekday },
        { key: "hour", head: "Hour", value: ({ hour }) => hour, show: ({ hour }) => hourWords(hour) },
        {
          key: "total_predictions",
          head: "Predictions",
          said: said("total_predictions"),
          number: true,
          value: ({ count }) => count,
          show: ({ count }) => integer(count),
        },
      ]}
      rows={hours}
      height={230}
      loading={loading}
      empty={
        result &&
        most.count === 0 && (
          <Empty>
            <p>No predictions {range.words}.</p>
          </Empty>
        )
      }
    >
      <HeatMap counts={counts} scale={scale} summary={summary} />
      <ScaleLegend scale={scale} />
    </ChartCard>
  );
}
