import { memo, useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { useOverview } from "../api/queries";
import type { Outcome, Result } from "../api/types";
import { isDemo } from "../base";
import { Donut } from "../charts/Donut";
import { integer, percent, shareOf } from "../format";
import { useMarks } from "../state/marks";
import { useView, useViewChanges } from "../state/view";
import { outcomes } from "../theme";
import { ActivityCard } from "../ui/ActivityCard";
import { AnalyseBox } from "../ui/AnalyseBox";
import { originOf, useAbout, useSaid } from "../ui/about";
import { Breakdown } from "../ui/Breakdown";
import { ChartCard } from "../ui/ChartCard";
import { CountriesCard } from "../ui/CountriesCard";
import { ErrorPatterns } from "../ui/ErrorPatterns";
import { Feed } from "../ui/Feed";
import { FirstMinute } from "../ui/FirstMinute";
import { Status } from "../ui/Status";
import { Strips } from "../ui/Strips";
import { Empty, type Loading, Outdated, useAnswered, useSteadyLoading } from "../ui/states";
import { TrendsCard } from "../ui/TrendsCard";
import { Kpis } from "./Kpis";
import styles from "./pages.module.css";

export function Overview() {
  const asked = useView();
  const overview = useOverview(asked.range, asked.compare, asked.filters);
  const { range, compare, filters, filtered } = useAnswered(asked, overview);
  const { isPlaceholderData: outdated } = overview;
  const [newest, setNewest] = useState<string>();
  useCatchUp(overview, newest);
  const results = overview.data?.results;
  const loading = useSteadyLoading(overview);
  const failures = useMemo(
    () =>
      results && {
        total: results.range.totals.total_predictions ?? 0,
        failed: results.range.totals.failed_predictions ?? 0,
        patterns: results.errors,
        words: range.words,
      },
    [results, range],
  );
  // The first picture is the frame and the four figures; what lies below follows at once, and doesn't hold them up.
  const isDrawn = useDeferredValue(true, false);
  const marks = useMarks(results?.changes, results?.range);
  const blank = results?.all.totals.total_predictions === 0 && !filtered && !isDemo;
  return (
    <div className={styles.grid}>
      <h1 className="visually-hidden">Overview</h1>
      <div className={styles.full}>
        <StatusLine error={overview.error} failures={failures ?? null} enabled={results !== undefined} />
        <Strips enabled={results !== undefined} />
      </div>
      <Outdated value={outdated}>
        <FourKpis results={results} range={range} compare={compare} loading={loading} />
        {isDrawn &&
          (blank ? (
            <FirstMinute className={styles.whole} />
          ) : (
            <>
              <Activity
                className={styles.wide}
                result={results?.range}
                range={range}
                compare={compare}
                nothingYet={results?.all.totals.total_predictions === 0}
                filtered={filtered}
                loading={loading}
                marks={marks}
              />
              <Distribution result={results?.range} words={range.words} code={range.code} loading={loading} />
            </>
          ))}
      </Outdated>
      {isDrawn && (
        <>
          <LiveFeed
            key={JSON.stringify(asked.filters)}
            className={styles.wide}
            filters={asked.filters}
            waits={outdated && filters !== asked.filters}
            onLoad={setNewest}
          />
          <div className={styles.side}>
            <Analyse />
            <Outdated value={outdated}>
              <Failures
                result={results?.errors}
                total={failures?.total ?? 0}
                failed={failures?.failed ?? 0}
                words={range.words}
                loading={loading}
              />
            </Outdated>
          </div>
        </>
      )}
      {isDrawn && !blank && (
        <Outdated value={outdated}>
          <Trends
            className={styles.half}
            result={results?.trends}
            range={range}
            loading={loading}
            marks={marks}
          />
          <Clients
            className={styles.half}
            title="Top clients"
            name="client"
            result={results?.clients}
            words={range.words}
            loading={loading}
          />
          <Countries
            className={styles.whole}
            result={results?.countries}
            words={range.words}
            loading={loading}
          />
        </Outdated>
      )}
    </div>
  );
}

// Between a question and its answer nothing of these changes, so nothing of them is drawn.
const StatusLine = memo(Status);
const FourKpis = memo(Kpis);
const Activity = memo(ActivityCard);
const LiveFeed = memo(Feed);
const Analyse = memo(AnalyseBox);
const Failures = memo(ErrorPatterns);
const Trends = memo(TrendsCard);
const Clients = memo(Breakdown);
const Countries = memo(CountriesCard);

/**
 * Asks once more when the first list knows a prediction that the first numbers don't: it came after they were counted
 * and before the live feed was open. Later ones are announced by the feed.
 */
function useCatchUp({ data, refetch }: ReturnType<typeof useOverview>, newest: string | undefined): void {
  const compared = useRef(false);
  const asOf = data?.generated_at;
  useEffect(() => {
    if (!newest || !asOf || compared.current) return;
    compared.current = true;
    if (newest > asOf) void refetch();
  }, [newest, asOf, refetch]);
}

const sharePart = {
  title: "Share",
  definition: "Of all predictions in the range, failed ones included; the four add up to 100.",
  unit: "percent",
};

interface DistributionProps {
  result: Result | undefined;
  words: string;
  code: string;
  loading: Loading;
}

const Distribution = memo(function Distribution({ result, words, code, loading }: DistributionProps) {
  const { addFilter } = useViewChanges();
  const counts = Object.fromEntries(
    outcomes.map(({ name }) => [name, result?.totals[`${name}_predictions`] ?? 0]),
  ) as Record<Outcome, number>;
  const total = outcomes.reduce((sum, { name }) => sum + counts[name], 0);
  const about = useAbout(
    outcomes.map(({ name }) => `${name}_predictions` as const),
    result,
    [sharePart],
  );
  const said = useSaid(result && originOf(result));
  const share = (name: Outcome) => shareOf(counts[name], total);
  return (
    <ChartCard
      className={styles.narrow}
      title="Prediction distribution"
      subtitle={`Shares ${words}`}
      about={about}
      name={`distribution-${code}`}
      fields={[
        { key: "outcome", head: "Outcome", value: ({ name }) => name, show: ({ label }) => label },
        {
          key: "predictions",
          head: "Predictions",
          said: said("total_predictions"),
          number: true,
          value: ({ name }) => counts[name],
          show: ({ name }) => integer(counts[name]),
        },
        {
          key: "share_percent",
          head: "Share",
          said: said(sharePart),
          number: true,
          value: ({ name }) => share(name),
          show: ({ name }) => percent(share(name)),
        },
      ]}
      rows={outcomes}
      height={258}
      loading={loading}
      pictureLegend={outcomes.map(({ name, label }) => ({
        label: `${label} ${percent(share(name))}`,
        colour: `var(--vs-${name})`,
      }))}
      empty={
        result &&
        total === 0 && (
          <Empty>
            <p>Without predictions there are no shares of real, fake, uncertain and failed.</p>
          </Empty>
        )
      }
    >
      <Donut counts={counts} onPick={(outcome) => addFilter("outcome", outcome)} />
    </ChartCard>
  );
});
