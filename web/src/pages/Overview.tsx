import { useEffect, useRef, useState } from "react";
import { useOverview } from "../api/queries";
import type { Outcome, Result } from "../api/types";
import { Donut } from "../charts/Donut";
import { download, toCsv } from "../csv";
import { useView } from "../state/view";
import { outcomes } from "../theme";
import { ActivityCard } from "../ui/ActivityCard";
import { AnalyseBox } from "../ui/AnalyseBox";
import { Breakdown } from "../ui/Breakdown";
import { Card, CardAction } from "../ui/Card";
import { ErrorPatterns } from "../ui/ErrorPatterns";
import { Feed } from "../ui/Feed";
import { DownloadIcon } from "../ui/icons";
import { Status } from "../ui/Status";
import { Empty, type Loading, loadingOf } from "../ui/states";
import { Kpis } from "./Kpis";
import styles from "./pages.module.css";

export function Overview() {
  const { range, filters, filtered, addFilter } = useView();
  const overview = useOverview(range, filters);
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
  return (
    <div className={styles.grid}>
      <h1 className="visually-hidden">Overview</h1>
      <div className={styles.full}>
        <Status error={overview.error} failures={failures ?? null} />
      </div>
      <Kpis results={results} range={range} loading={loading} />
      <ActivityCard
        className={styles.wide}
        result={results?.range}
        range={range}
        nothingYet={results?.all.totals.total_predictions === 0}
        filtered={filtered}
        loading={loading}
      />
      <Distribution
        result={results?.range}
        words={range.words}
        code={range.code}
        loading={loading}
        onPick={(outcome) => addFilter("outcome", outcome)}
      />
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
      <Breakdown
        className={styles.half}
        title="Top clients"
        name="client"
        result={results?.clients}
        words={range.words}
        loading={loading}
      />
      <Breakdown
        className={styles.half}
        title="Top countries"
        name="country"
        result={results?.countries}
        words={`${range.words}, by where the address is allocated`}
        loading={loading}
      />
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
  const save = () =>
    download(
      `verascope-distribution-${code}.csv`,
      toCsv(
        ["outcome", "predictions", "share_percent"],
        outcomes.map(({ name }) => [name, counts[name], total > 0 ? (counts[name] / total) * 100 : null]),
      ),
    );
  return (
    <Card
      className={styles.narrow}
      title="Prediction distribution"
      subtitle={`Share of all predictions ${words}`}
      minHeight={236}
      loading={loading}
      actions={total > 0 && <CardAction label="Download as CSV" icon={<DownloadIcon />} onClick={save} />}
    >
      {total === 0 ? (
        <Empty>
          <p>Without predictions there are no shares of real, fake, uncertain and failed.</p>
        </Empty>
      ) : (
        <Donut counts={counts} onPick={onPick} />
      )}
    </Card>
  );
}
