import { useMemo } from "react";
import { useMetrics } from "../../api/queries";
import type { Backtest, Episode, RuleText } from "../../api/rules";
import { clock, day, dayAndClock, fullTime, plural, quantity, span } from "../../format";
import { stepsOf } from "../../state/backtest";
import type { Field } from "../../state/sheet";
import { useZone } from "../../state/zone";
import { meaningOf, saidOf } from "../../ui/about";
import { Card } from "../../ui/Card";
import { ChartCard } from "../../ui/ChartCard";
import { Drawn } from "../../ui/Drawn";
import { Choice } from "../../ui/Field";
import { Lasting } from "../../ui/Since";
import { Empty } from "../../ui/states";
import { Table } from "../../ui/Table";
import styles from "./rules.module.css";

interface Props {
  result: Backtest | undefined;
  error: Error | null;
  pending: boolean;
  tested: { rule: RuleText; days: number } | null;
  /** The form says something else by now. */
  changed: boolean;
  unit: string | null;
  onTest: (days: number) => void;
}

const days = [
  { value: "1", label: "1 day" },
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
];
const height = 260;
const lasted = {
  title: "Lasted",
  definition: "From the moment the rule would have fired until it would have been resolved.",
  unit: "time",
};
const worst = {
  title: "Worst value",
  definition: "The value of the metric furthest beyond the limit while the rule would have fired.",
};

/** When the rule would have fired: its metric's course, the limit, and the episodes shaded. */
export function BacktestCard({ result, error, pending, tested, changed, unit, onTest }: Props) {
  const zone = useZone();
  const { data } = useMetrics();
  const metric = tested ? meaningOf(data?.metrics ?? [], tested.rule.metric) : undefined;
  const origin = {
    range: `the last ${plural(result?.days ?? 0, "day")}`,
    source: "the rule, tried on what was recorded",
  };
  const fields: Field<[string, number | null]>[] = [
    { key: "time", head: "Time", value: ([at]) => at, show: ([at]) => dayAndClock(at, zone) },
    {
      key: tested?.rule.metric ?? "value",
      head: "Value",
      said: metric && saidOf(metric, origin),
      number: true,
      value: ([, value]) => value,
      show: ([, value]) => quantity(value, unit),
    },
  ];
  const verdict = result ? verdictOf(result) : "";
  return (
    <>
      <ChartCard
        title="On the past"
        subtitle={
          changed
            ? "The form has changed since; try it again."
            : "When this rule would have fired, on what was recorded"
        }
        name={`backtest-${tested?.rule.name ?? "rule"}`}
        fields={fields}
        rows={result?.series ?? []}
        reversed
        height={height}
        loading={{
          pending: pending && !result,
          error: error && !result ? error : null,
          outdated: pending || changed,
          retry: () => onTest(tested?.days ?? 7),
        }}
        tools={
          <Choice
            label="How far back"
            options={days}
            value={String(tested?.days ?? 7)}
            onChange={(value) => onTest(Number(value))}
          />
        }
        empty={
          !result ? (
            <Empty>
              <p>
                Fill in the rule and press <strong>Try it on the past</strong>: its metric is drawn here with
                the limit, and every time it would have fired.
              </p>
            </Empty>
          ) : result.series.every(([, value]) => value === null) ? (
            <Empty>
              <p>
                There was no value in the last {plural(result.days, "day")}, so the rule would have stayed
                silent.
                {result.note && ` ${result.note}`}
              </p>
            </Empty>
          ) : undefined
        }
      >
        {result && <Picture result={result} unit={unit} zone={zone} verdict={verdict} />}
      </ChartCard>
      {result && (
        <Card
          title={verdict}
          subtitle={`About ${plural(result.notifications_estimate, "message")} with the routing as it is; ${plural(result.evaluations, "evaluation")} in ${plural(result.days, "day")}`}
        >
          {result.note && <p className="quiet">{result.note}</p>}
          {result.episodes.length > 0 && (
            <Table
              label="Episodes"
              maxHeight={260}
              rows={result.episodes.toReversed()}
              rowKey={({ started_at, subject }) => `${started_at} ${subject}`}
              columns={[
                {
                  key: "from",
                  head: "From",
                  cell: ({ started_at }) => (
                    <time dateTime={started_at} title={fullTime(started_at, zone)}>
                      {dayAndClock(started_at, zone)}
                    </time>
                  ),
                },
                ...(result.episodes.some(({ subject }) => subject !== "")
                  ? [{ key: "subject", head: "Of", cell: ({ subject }: Episode) => subject }]
                  : []),
                {
                  key: "length",
                  head: "Lasted",
                  said: saidOf(lasted, origin),
                  cell: ({ started_at, ended_at }) => (
                    <>
                      <Lasting from={started_at} to={ended_at} />
                      {ended_at === null && " and goes on"}
                    </>
                  ),
                },
                {
                  key: "peak",
                  head: "Worst value",
                  said: saidOf({ ...worst, unit: metric?.unit ?? "that of the metric" }, origin),
                  number: true,
                  cell: ({ peak_value }) => quantity(peak_value, unit),
                },
              ]}
            />
          )}
        </Card>
      )}
    </>
  );
}

function Picture({
  result,
  unit,
  zone,
  verdict,
}: {
  result: Backtest;
  unit: string | null;
  zone: string;
  verdict: string;
}) {
  const parts = useMemo(() => {
    const steps = stepsOf(result);
    const long = result.days > 2;
    return {
      labels: steps.starts.map((at) => (long ? day(at, zone) : clock(at, zone))),
      titles: steps.starts.map((at) => dayAndClock(at, zone)),
      values: steps.values,
      episodes: steps.episodes,
      limit: result.limit,
    };
  }, [result, zone]);
  const show = useMemo(() => (value: number) => quantity(Number(value.toPrecision(4)), unit), [unit]);
  return (
    <div className={styles.picture}>
      <Drawn height={height}>
        {({ BacktestChart }) => (
          <BacktestChart
            {...parts}
            show={show}
            height={height}
            summary={`${verdict}. ${limitWords(result, unit)}`}
          />
        )}
      </Drawn>
    </div>
  );
}

function limitWords({ limit }: Backtest, unit: string | null): string {
  return limit === null ? "The limit moves with the metric." : `The limit is ${quantity(limit, unit)}.`;
}

/** "Would have fired 3 times in 7 days, 2 h in all" */
function verdictOf({ episodes, days }: Backtest): string {
  if (episodes.length === 0) return `Would not have fired in ${plural(days, "day")}`;
  const total = episodes.reduce(
    (sum, { started_at, ended_at }) => sum + (ended_at ? Date.parse(ended_at) - Date.parse(started_at) : 0),
    0,
  );
  const times = episodes.length === 1 ? "once" : plural(episodes.length, "time");
  return `Would have fired ${times} in ${plural(days, "day")}${total > 0 ? `, ${span(total)} in all` : ""}`;
}
