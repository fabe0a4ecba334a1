import { useDeferredValue, useEffect, useRef, useState } from "react";
import { useOverview } from "../api/queries";
import type { Outcome, Result } from "../api/types";
import { isDemo } from "../base";
import { Donut } from "../charts/Donut";
import { integer, percent, shareOf } from "../format";
import { useMarks } from "../state/marks";
import { useView } from "../state/view";
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
import { Empty, type Loading, loadingOf } from "../ui/states";
import { TrendsCard } from "../ui/TrendsCard";
import { Kpis } from "./Kpis";
import styles from "./pages.module.css";

export function Overview() {
  const { range, compare, filters, filtered, addFilter } = useView();
  const overview = useOverview(range, compare, filters);
  const [newest, setNewest] = useState<string>();
  useCatchUp(overview, newest);
  const results = overview.data?.results;
  const loading = loadingOf(overview);
  const failures = results && {
    total: results.range.totals.total_predictions ?? 0,
    failed: results.range.totals.failed_predictions ?? 0,
    patterns: results.errors,
    words: range.words,
  };
  // The first picture is the frame and the four figures; what lies below follows at once, and doesn't hold them up.
  const isDrawn = useDeferredValue(true, false);
  const marks = useMarks(results?.changes, results?.range);
  const blank = results?.all.totals.total_predictions === 0 && !filtered && !isDemo;
  return (
    <div className={styles.grid}>
      <h1 className="visually-hidden">Overview</h1>
      <div className={styles.full}>
        <Status error={overview.error} failures={failures ?? null} enabled={results !== undefined} />
        <Strips enabled={results !== undefined} />
      </div>
      <Kpis results={results} range={range} compare={compare} loading={loading} />
      {isDrawn &&
        (blank ? (
          <FirstMinute className={styles.whole} />
        ) : (
          <>
            <ActivityCard
              className={styles.wide}
              result={results?.range}
              range={range}
              nothingYet={results?.all.totals.total_predictions === 0}
              filtered={filtered}
              loading={loading}
              marks={marks}
            />
            <Distribution
              result={results?.range}
              words={range.words}
              code={range.code}
              loading={loading}
              onPick={(outcome) => addFilter("outcome", outcome)}
            />
          </>
        ))}
      {isDrawn && (
        <>
          <Feed key={JSON.stringify(filters)} className={styles.wide} filters={filters} onLoad={setNewest} />
          <div className={styles.side}>
            <AnalyseBox />
            <ErrorPatterns
              result={results?.errors}
              total={failures?.total ?? 0}
              failed={failures?.failed ?? 0}
              words={range.words}
              loading={loading}
            />
          </div>
        </>
      )}
      {isDrawn && !blank && (
        <>
          <TrendsCard
            className={styles.half}
            result={results?.trends}
            range={range}
            loading={loading}
            marks={marks}
          />
          <Breakdown
            className={styles.half}
            title="Top clients"
            name="client"
            result={results?.clients}
            words={range.words}
            loading={loading}
          />
          <CountriesCard
            className={styles.whole}
            result={results?.countries}
            words={range.words}
            loading={loading}
          />
        </>
      )}
    </div>
  );
}

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
  onPick: (outcome: Outcome) => void;
}

function Distribution({ result, words, code, loading, onPick }: DistributionProps) {
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
      <Donut counts={counts} onPick={onPick} />
    </ChartCard>
  );
}
